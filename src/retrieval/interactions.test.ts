import { expect, test } from "vitest";
import { Histories } from "#data";
import { interactionMatrix } from "./interactions.ts";

const histories = Histories.from([[3, 1, 3, 3], [], [2, 3]]);

test("an item taken again is one entry, with 1 or with how often it was taken", () => {
  const binary = interactionMatrix(histories, 3, { lastItems: 10 });
  expect([...binary.starts]).toEqual([0, 2, 2, 4]);
  expect([...binary.columns]).toEqual([3, 1, 2, 3]);
  expect([...binary.values]).toEqual([1, 1, 1, 1]);
  expect([...interactionMatrix(histories, 3, { lastItems: 10, counts: true }).values]).toEqual([3, 1, 1, 1]);
});

test("only the last items count, and only what lies inside the split", () => {
  expect([...interactionMatrix(histories, 3, { lastItems: 2, counts: true }).columns]).toEqual([3, 2, 3]);
  expect([...interactionMatrix(histories, 3, { lastItems: 2, counts: true }).values]).toEqual([2, 1, 1]);
  expect([...interactionMatrix(histories.without(1), 3, { lastItems: 2 }).columns]).toEqual([1, 3, 2]);
});
