import { expect, test } from "vitest";
import { precision } from "./precision.ts";

test("a hit is one right item of k, wherever it stands", () => {
  expect(precision.of(1, 5)).toBe(1 / 5);
  expect(precision.of(5, 5)).toBe(1 / 5);
  expect(precision.of(6, 5)).toBe(0);
  expect(precision.of(Number.POSITIVE_INFINITY, 5)).toBe(0);
});
