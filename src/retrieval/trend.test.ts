import { expect, test } from "vitest";
import { Histories } from "#data";
import { trendOf } from "./trend.ts";

test("an item's trend is one and 0.3 to the age of each time it was taken", () => {
  const trend = trendOf(Histories.from([[1, 2, 3], [3], [2, 2]]), 4);
  expect([...trend]).toEqual([1, 1 + 0.09, 1 + 0.3 + 1 + 0.3, 1 + 1 + 1, 1].map(Math.fround));
});

test("what lies more than twelve items back no longer counts", () => {
  const history = [1, ...Array.from({ length: 12 }, () => 2)];
  expect(trendOf(Histories.from([history]), 2)[1]).toBe(1);
});
