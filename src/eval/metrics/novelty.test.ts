import { expect, test } from "vitest";
import { listContext } from "../../../test/fixtures/list-context.ts";
import { novelty } from "./novelty.ts";

// Eight interactions: item 1 four times (1 bit), item 2 twice (2 bits), items 3 and 4 once (3 bits each).
const rows = [
  [1, 2, 1],
  [1, 3],
  [1, 2, 4],
];

test("an item that a half of all interactions took tells one bit, an eighth three", () => {
  const tally = novelty.tally(listContext(5, [1, 2], rows));
  tally.see(Int32Array.of(1, 2));
  tally.see(Int32Array.of(4, 3));
  expect(tally.value(1)).toBe((1 + 3) / 2);
  expect(tally.value(2)).toBe((1 + 2 + 3 + 3) / 4);
});

test("an item that training never saw counts as if it had been taken once", () => {
  const tally = novelty.tally(listContext(5, [1], rows));
  tally.see(Int32Array.of(5));
  expect(tally.value(1)).toBe(3);
});

test("short lists count with the places they have, and no list at all is no figure", () => {
  const tally = novelty.tally(listContext(5, [3], rows));
  expect(tally.value(3)).toBeUndefined();
  tally.see(Int32Array.of());
  tally.see(Int32Array.of(2));
  expect(tally.value(3)).toBe(2);
});
