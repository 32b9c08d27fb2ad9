import { expect, test } from "vitest";
import { mrr } from "./mrr.ts";

test("the reciprocal of the rank, 0 for a target out of reach", () => {
  expect(mrr.of(4, 0)).toBe(0.25);
  expect(mrr.of(Number.POSITIVE_INFINITY, 0)).toBe(0);
});
