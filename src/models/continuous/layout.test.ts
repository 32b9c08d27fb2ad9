import { expect, test } from "vitest";
import { layoutOf } from "./layout.ts";

/** Which places place `at` sees. */
function seenBy(at: number, { mask }: ReturnType<typeof layoutOf>): number[] {
  const [count] = mask.shape;
  return Array.from({ length: count }, (_, to) => to).filter((to) => mask.data[at * count + to] === 0);
}

// Two items of two tokens (0 1, 2 3), three queries each (4 5 6, 7 8 9), one word of the response (10).
const training = layoutOf(2, 2, { asked: "every", words: 1, queries: 3 });

test("queries see the tokens up to their item, and the queries of their own item before them, nothing else", () => {
  expect(seenBy(4, training)).toEqual([0, 1, 4]);
  expect(seenBy(6, training)).toEqual([0, 1, 4, 5, 6]);
  expect(seenBy(7, training)).toEqual([0, 1, 2, 3, 7]);
  expect(seenBy(9, training)).toEqual([0, 1, 2, 3, 7, 8, 9]);
});

test("tokens see the tokens before, the response the tokens and the last item's queries", () => {
  expect(seenBy(2, training)).toEqual([0, 1, 2]);
  expect(seenBy(10, training)).toEqual([0, 1, 2, 3, 7, 8, 9, 10]);
});

test("asked at the end alone, the queries stand and see as the last position's do in training", () => {
  const answering = layoutOf(2, 2, { asked: "last", words: 0, queries: 3 }); // queries 4 5 6
  for (const query of [0, 1, 2]) {
    const there = seenBy(7 + query, training).map((to) => (to >= 7 ? to - 3 : to));
    expect(seenBy(4 + query, answering)).toEqual(there);
  }
  const distance = (layout: ReturnType<typeof layoutOf>, from: number, to: number) => {
    return layout.distances.data[from * layout.distances.shape[0] + to];
  };
  for (const token of [0, 1, 2, 3]) expect(distance(answering, 4, token)).toBe(distance(training, 7, token));
});
