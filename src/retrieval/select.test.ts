import { expect, test } from "vitest";
import { Key, Stream } from "#random";
import { selectTop, Top } from "./select.ts";

/** The slow twin: sort everything, keep the first k. */
function bySorting(scores: Float32Array, k: number): number[] {
  return [...scores.keys()]
    .filter((index) => scores[index] > -Infinity)
    .sort((a, b) => scores[b] - scores[a] || a - b)
    .slice(0, k);
}

test("the best come first, equal scores by lower index, and -Infinity never", () => {
  const scores = Float32Array.of(1, 3, -Infinity, 3, 2, 1);
  expect([...selectTop(scores, 3).indices]).toEqual([1, 3, 4]);
  expect([...selectTop(scores, 3).scores]).toEqual([3, 3, 2]);
  expect([...selectTop(scores, 99).indices]).toEqual([1, 3, 4, 0, 5]); // all but the masked one
});

test("selection agrees with a full sort on scores with many ties, for every k", () => {
  const stream = new Stream(Key.of(7).fold("select"));
  for (let round = 0; round < 40; round++) {
    const scores = Float32Array.from({ length: 1 + stream.below(60) }, () => {
      const level = stream.below(9);
      return level === 0 ? -Infinity : level;
    });
    for (const k of [0, 1, 2, 5, 59, 60, 100]) {
      expect([...selectTop(scores, k).indices]).toEqual(bySorting(scores, k));
    }
  }
});

test("scores that come in pieces are selected from as if they were one", () => {
  const stream = new Stream(Key.of(8).fold("pieces"));
  const scores = Float32Array.from({ length: 100 }, () => stream.below(12));
  const top = new Top(9);
  for (const [from, to] of [
    [0, 4],
    [4, 4],
    [4, 61],
    [61, 100],
  ]) {
    top.offer(scores, from, to, 1000 + from); // indices need not be positions
  }
  const expected = selectTop(scores, 9);
  const { indices, scores: best } = top.sorted();
  expect([...indices]).toEqual([...expected.indices].map((index) => 1000 + index));
  expect(best).toEqual(expected.scores);
});

test("nothing to select gives an empty selection", () => {
  expect(selectTop(new Float32Array(0), 5).indices).toHaveLength(0);
  expect(selectTop(Float32Array.of(-Infinity, -Infinity), 5).indices).toHaveLength(0);
});
