import { expect, test } from "vitest";
import { listContext } from "../../../test/fixtures/list-context.ts";
import { shortHead } from "./short-head.ts";

test("of ten items the two most taken are the short head, and places are counted, not lists", () => {
  const rows = [
    [7, 3, 1],
    [7, 3, 2],
    [7, 4],
  ];
  const tally = shortHead.tally(listContext(10, [1, 3], rows));
  tally.see(Int32Array.of(7, 3, 4));
  tally.see(Int32Array.of(1, 7, 2));
  expect(tally.value(1)).toBe(1 / 2);
  expect(tally.value(3)).toBe(3 / 6);
});

test("a fifth is rounded up, and of equally popular items the first in the catalogue is in", () => {
  const tally = shortHead.tally(listContext(6, [1], [[5, 2, 3]])); // two of six: items 2 and 3
  for (const item of [1, 2, 3, 4, 5, 6]) tally.see(Int32Array.of(item));
  expect(tally.value(1)).toBe(2 / 6);
});
