import { expect, test } from "vitest";
import { Histories } from "#data";
import { interactionGraph } from "./interaction-graph.ts";

test("an edge weighs 1 / √(d_u d_i), both ways, once however often the item was taken; padding has none", () => {
  // Users 0 and 1 are nodes 0 and 1; padding is node 2, items 1, 2, 3 are nodes 3, 4, 5. Item 3 was never taken.
  const graph = interactionGraph(Histories.from([[2, 1, 2], [2]]), 3);
  const dense = Array.from({ length: 6 }, () => new Array<number>(6).fill(0));
  for (let row = 0; row < 6; row++) {
    for (let at = graph.starts[row]; at < graph.starts[row + 1]; at++) dense[row][graph.columns[at]] = graph.values[at];
  }
  const [half, whole] = [Math.fround(1 / Math.sqrt(2 * 2)), Math.fround(1 / Math.sqrt(2))];
  expect(dense).toEqual([
    [0, 0, 0, whole, half, 0], // user 0: d = 2; item 1: d = 1, item 2: d = 2
    [0, 0, 0, 0, whole, 0], // user 1: d = 1
    [0, 0, 0, 0, 0, 0],
    [whole, 0, 0, 0, 0, 0],
    [half, whole, 0, 0, 0, 0],
    [0, 0, 0, 0, 0, 0],
  ]);
  expect(graph.transposed()).toBe(graph);
});
