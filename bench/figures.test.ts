import { expect, test } from "vitest";
import { percentile } from "./figures.ts";

test("a percentile is the smallest value with its share at or below it", () => {
  const hundred = Array.from({ length: 100 }, (_, at) => 100 - at);
  expect([0.01, 0.5, 0.99, 1].map((share) => percentile(hundred, share))).toEqual([1, 50, 99, 100]);
  expect(percentile([3, 1, 2], 0.5)).toBe(2);
  expect(percentile([7], 0.99)).toBe(7);
});
