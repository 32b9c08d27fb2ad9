import { expect, test } from "vitest";
import { contributionsOf } from "./contributions.ts";

/** Three candidates by three columns, two of them of one source. */
const features = Float32Array.of(4, 0, 1, 0, 3, 1, 2, 0, 4);
const sources = ["texts", "texts", "trend"];
/** 2 a + b c, a net that is not linear. */
const score = async (rows: Float32Array, count: number) =>
  Float32Array.from({ length: count }, (_, row) => 2 * rows[row * 3] + rows[row * 3 + 1] * rows[row * 3 + 2]);

test("a gain is what the score loses when a source's columns stand at the mean of the list, greatest first", async () => {
  // Means: 2, 1, 2. Candidate 0 scores 8: texts at the mean gives 2·2 + 1·1, trend at the mean changes nothing (b = 0).
  const [first, second] = await contributionsOf(features, sources, [0, 1], score);
  expect(first).toEqual([
    { source: "texts", gain: 3 },
    { source: "trend", gain: 0 },
  ]);
  // Candidate 1 scores 3: with texts at the mean 5, with trend at the mean 3·2.
  expect(second).toEqual([
    { source: "texts", gain: -2 },
    { source: "trend", gain: -3 },
  ]);
});

test("nobody asked for, nothing told", async () => {
  expect(await contributionsOf(features, sources, [], score)).toEqual([]);
});
