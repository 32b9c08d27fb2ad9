import { expect, test } from "vitest";
import { bestReachable, trueRank } from "./best-reachable.ts";

const truth = Float64Array.from([0.4, 0.1, 0.3, 0.1, 0.1]);

test("a target stands after all that are as likely", () => {
  expect(trueRank(truth, 0)).toBe(1);
  expect(trueRank(truth, 2)).toBe(2);
  expect(trueRank(truth, 1)).toBe(5); // 0, 2, and 3 and 4 as likely
});

test("owned items leave the ranking, and an owned target cannot be reached", () => {
  const owned = Uint8Array.from([1, 0, 0, 1, 0]);
  expect(trueRank(truth, 2, owned)).toBe(1);
  expect(trueRank(truth, 1, owned)).toBe(3);
  expect(trueRank(truth, 0, owned)).toBe(Number.POSITIVE_INFINITY);
});

test("metrics of ranks 1, 3 and unreachable", () => {
  const ranks = { masked: [1, 3, Number.POSITIVE_INFINITY], unmasked: [1, 1, 1] };
  const { test: best } = bestReachable({ valid: ranks, test: ranks });
  expect(best.masked["HR@5"]).toBeCloseTo(2 / 3);
  expect(best.masked["NDCG@10"]).toBeCloseTo((1 + 1 / Math.log2(4)) / 3);
  expect(best.masked.MRR).toBeCloseTo((1 + 1 / 3) / 3);
  expect(best.unmasked["NDCG@20"]).toBe(1);
});
