import { expect, test } from "vitest";
import { listContext } from "../../../test/fixtures/list-context.ts";
import { coverage } from "./coverage.ts";

test("an item is covered at k when it stands among the first k of any list", () => {
  const tally = coverage.tally(listContext(8, [1, 2, 3]));
  tally.see(Int32Array.of(1, 2, 3));
  tally.see(Int32Array.of(2, 1, 4));
  expect(tally.value(1)).toBe(2 / 8); // 1 and 2 lead a list
  expect(tally.value(2)).toBe(2 / 8);
  expect(tally.value(3)).toBe(4 / 8);
});

test("lists shorter than the cutoff count with what they have", () => {
  const tally = coverage.tally(listContext(4, [10]));
  tally.see(Int32Array.of(3));
  tally.see(Int32Array.of());
  expect(tally.value(10)).toBe(1 / 4);
});
