import { expect, test } from "vitest";
import { Key } from "#random";
import { SparseMatrix } from "#tensor";
import { neighbourRanker } from "./neighbours.ts";

/** Items 1 to 3, each followed by the next with weight 1; 0 is padding. */
const kernel = new SparseMatrix(
  5,
  5,
  Int32Array.of(0, 0, 1, 2, 3, 3),
  Int32Array.of(2, 3, 4),
  Float32Array.of(1, 1, 1),
);

test("each expert looks back as far as it says, and forgets as fast as it says, beside others that read the same kernel", async () => {
  const ranker = neighbourRanker({
    fast: { kernel, decay: 0.5, queryLength: 2 },
    slow: { kernel, decay: 0.9, queryLength: 10 },
  });
  expect(ranker.experts).toEqual({ fast: "mass", slow: "mass" });
  const states = await ranker.encode([{ history: Int32Array.of(1, 2, 3) }], Key.of(1));
  const { fast, slow } = await ranker.score(states);
  [0, 0, 0, 0.5, 1].forEach((score, item) => {
    expect(fast[item]).toBeCloseTo(score, 6);
  });
  [0, 0, 0.81, 0.9, 1].forEach((score, item) => {
    expect(slow[item]).toBeCloseTo(score, 6);
  });
  expect((await ranker.score(states, Int32Array.of(4, 2))).slow[1]).toBeCloseTo(0.81, 6);
});
