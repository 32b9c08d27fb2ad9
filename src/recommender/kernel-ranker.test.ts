import { expect, test } from "vitest";
import { Key } from "#random";
import { SparseMatrix } from "#tensor";
import { kernelRanker } from "./kernel-ranker.ts";

// 1 → 2 with 8, 2 → 3 with −4; 4 and 5 are reached by nothing
const kernel = new SparseMatrix(6, 6, Int32Array.of(0, 0, 1, 2, 2, 2, 2), Int32Array.of(2, 3), Float32Array.of(8, -4));
const popularity = Float32Array.of(0, 1, 1, 1, 2, 7);
const ranker = kernelRanker({ expert: "kernel", kind: "logits", kernel, popularity, decay: 0.5, queryLength: 2 });
const scoresOf = async (history: number[], items?: Int32Array) => {
  const states = await ranker.encode([{ history: Int32Array.from(history) }], Key.of(1));
  return (await ranker.score(states, items)).kernel;
};

test("a score is the decayed sum of the rows of the last items", async () => {
  const scores = await scoresOf([1, 1, 2]); // only the last two are looked up
  expect(scores[2]).toBeCloseTo(0.5 * 8, 5);
  expect(scores[3]).toBeLessThan(0);
});

test("popularity orders what no row reaches, and never lifts it over the least that a row gives", async () => {
  const scores = await scoresOf([2, 1]);
  expect(scores[5]).toBeGreaterThan(scores[4]);
  expect(scores[4]).toBeGreaterThan(0);
  expect(scores[5]).toBeLessThan(1e-5 * 0.5 * 4); // the smallest magnitude, of the oldest item
});

test("with a decay that vanishes, popularity still orders what no row reaches", async () => {
  const deep = kernelRanker({ expert: "kernel", kind: "logits", kernel, popularity, decay: 0.05, queryLength: 1000 });
  const states = await deep.encode([{ history: Int32Array.of(3) }], Key.of(1));
  const scores = (await deep.score(states)).kernel;
  expect(scores[5]).toBeGreaterThan(scores[4]);
  expect(scores[4]).toBeGreaterThan(scores[1]);
});

test("chosen items score as they do among all", async () => {
  const all = await scoresOf([1, 2]);
  expect([...(await scoresOf([1, 2], Int32Array.of(3, 5)))]).toEqual([all[3], all[5]]);
});
