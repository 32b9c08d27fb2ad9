import { expect, test } from "vitest";
import { hr } from "./hr.ts";

test("a target at the cutoff is a hit, one place further a miss", () => {
  expect(hr.of(1, 5)).toBe(1);
  expect(hr.of(5, 5)).toBe(1);
  expect(hr.of(6, 5)).toBe(0);
  expect(hr.of(Number.POSITIVE_INFINITY, 5)).toBe(0);
});
