import { expect, test } from "vitest";
import { hr } from "./hr.ts";
import { recall } from "./recall.ts";

test("with one target a user, recall is the hit rate at every rank", () => {
  for (const rank of [1, 4, 5, 6, Number.POSITIVE_INFINITY]) expect(recall.of(rank, 5)).toBe(hr.of(rank, 5));
  expect(recall.of(5, 5)).toBe(1);
});
