import { expect, test } from "vitest";
import { Key, Stream } from "#random";
import { listContext } from "../../../test/fixtures/list-context.ts";
import { gini } from "./gini.ts";

test("equal exposure is 0, all places to one of N items 1 − 1/N", () => {
  const equal = gini.tally(listContext(4, [1]));
  for (const item of [1, 2, 3, 4]) equal.see(Int32Array.of(item));
  expect(equal.value(1)).toBe(0);
  const single = gini.tally(listContext(4, [1]));
  for (let list = 0; list < 3; list++) single.see(Int32Array.of(2));
  expect(single.value(1)).toBe(1 - 1 / 4);
});

test("it is half the mean difference of any two items' exposures over their mean, at each cutoff", () => {
  const stream = new Stream(Key.of(3).fold("lists"));
  const tally = gini.tally(listContext(9, [2, 4]));
  const lists = Array.from({ length: 30 }, () => Int32Array.from({ length: 4 }, () => 1 + stream.below(8)));
  for (const list of lists) tally.see(list);
  for (const cutoff of [2, 4]) {
    const exposures = Array.from({ length: 9 }, () => 0);
    for (const list of lists) for (const item of list.subarray(0, cutoff)) exposures[item - 1]++;
    let differences = 0;
    for (const x of exposures) for (const y of exposures) differences += Math.abs(x - y);
    const meanExposure = (30 * cutoff) / 9;
    expect(tally.value(cutoff)).toBeCloseTo(differences / (9 * 9) / (2 * meanExposure), 12);
  }
});

test("no list, no figure", () => {
  expect(gini.tally(listContext(4, [1])).value(1)).toBeUndefined();
});
