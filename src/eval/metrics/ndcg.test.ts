import { expect, test } from "vitest";
import { ndcg } from "./ndcg.ts";

test("NDCG of a hit at rank 3 is 1/log2(4)", () => {
  expect(ndcg.of(3, 10)).toBeCloseTo(1 / Math.log2(4), 12);
});

test("NDCG is 1 at rank 1 and 0 past the cutoff", () => {
  expect(ndcg.of(1, 10)).toBe(1);
  expect(ndcg.of(11, 10)).toBe(0);
  expect(ndcg.of(Number.POSITIVE_INFINITY, 10)).toBe(0);
});
