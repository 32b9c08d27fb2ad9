import { expect, test } from "vitest";
import { listContext } from "../../test/fixtures/list-context.ts";
import { placeMean } from "./place-mean.ts";

test("every place counts once, up to the cutoff and no further than a list goes", () => {
  const tally = placeMean(listContext(4, [1, 2, 100]), [0, 10, 20, 30, 40]);
  tally.see(Int32Array.of(1, 2, 3));
  tally.see(Int32Array.of(4));
  expect(tally.value(1)).toBe((10 + 40) / 2);
  expect(tally.value(2)).toBe((10 + 40 + 20) / 3);
  expect(tally.value(100)).toBe((10 + 20 + 30 + 40) / 4);
});
