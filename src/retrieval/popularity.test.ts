import { expect, test } from "vitest";
import { Histories } from "#data";
import { countInteractions } from "./popularity.ts";

test("every interaction inside the bounds counts once, and nothing outside", () => {
  const all = Histories.from([[1, 2, 2], [2], [3, 1]]);
  expect([...countInteractions(all, 4)]).toEqual([0, 2, 3, 1, 0]);
  expect([...countInteractions(all.without(1), 4)]).toEqual([0, 1, 1, 1, 0]);
});
