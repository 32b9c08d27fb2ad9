import { expect, test } from "vitest";
import { tableOf } from "./quality-table.ts";
import type { QualityResult as Result } from "./results.ts";

const result = (row: string, seed: number, ndcg: number, more: Partial<Result> = {}): Result => ({
  set: "software",
  row,
  seed,
  valid: ndcg * 2,
  masked: { "HR@10": 0.5, "NDCG@10": ndcg, "HR@20": 0.6, "NDCG@20": 0.3, "coverage@10": 1 },
  seconds: 2,
  peakMemoryBytes: 3 * 2 ** 20,
  machine: "a CPU",
  ...more,
});

test("the best model stands first, seeds are averaged and their spread is shown", () => {
  const unmasked = { "HR@10": 0.7, "NDCG@10": 0.6, "HR@20": 0.8, "NDCG@20": 0.6, "coverage@10": 1 };
  const table = tableOf([result("floor", 1, 0.1, { unmasked }), result("model", 1, 0.2), result("model", 2, 0.4)]);
  const lines = table.split("\n").filter((line) => /^\| (model|floor) \| (masked|kept)/.test(line));
  expect(lines).toEqual([
    // deviation of .2 and .4 is √(2 · .01) = .1414, of .4 and .8 twice that
    "| model | masked | 2 | .6000 ± .2828 | .5000 ± .0000 | .3000 ± .1414 | .6000 ± .0000 | .3000 ± .0000 | 1.0000 ± .0000 | 2 | 3 MB |",
    "| floor | masked | 1 | .2000 | .5000 | .1000 | .6000 | .3000 | 1.0000 | 2 | 3 MB |",
    "| floor | kept | 1 | .2000 | .7000 | .6000 | .8000 | .6000 | 1.0000 | 2 | 3 MB |",
  ]);
});
