import { expect, test } from "vitest";
import { selectTop } from "../select.ts";
import { hide } from "./exclude.ts";

test("what is hidden is in no list, however low the others score", () => {
  const scores = Float32Array.of(-Infinity, -5, -1, -9);
  hide(scores, [2, 2]);
  expect([...selectTop(scores, 3).indices]).toEqual([1, 3]);
});
