import { expect, test } from "vitest";
import { holm } from "./holm.ts";

test("three p values, worked out by hand", () => {
  // sorted .01 .03 .04 → 3 · .01, 2 · .03, 1 · .04, the last raised to the one before
  const adjusted = holm([0.04, 0.01, 0.03]);
  expect(adjusted[1]).toBeCloseTo(0.03, 12);
  expect(adjusted[2]).toBeCloseTo(0.06, 12);
  expect(adjusted[0]).toBeCloseTo(0.06, 12);
});

test("one test is not corrected, and no p is above 1", () => {
  expect(holm([0.2])).toEqual([0.2]);
  expect(holm([0.9, 0.8])).toEqual([1, 1]);
  expect(holm([])).toEqual([]);
});
