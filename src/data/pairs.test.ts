import { expect, test } from "vitest";
import { Key } from "#random";
import { Histories } from "./histories.ts";
import { pairBatchCount, pairBatches } from "./pairs.ts";

const rows = [[3, 1, 3], [], [2], [5, 4, 1, 2]];
const all = ["0 3", "0 1", "0 3", "2 2", "3 5", "3 4", "3 1", "3 2"].sort();

function epoch(histories: Histories, batchSize: number, seed: number) {
  const batches = [...pairBatches(histories, batchSize, Key.of(seed))];
  const pairs = batches.flatMap(({ users, items }) =>
    Array.from(users.data, (user, at) => `${user} ${items.data[at]}`),
  );
  return { batches, pairs };
}

test("an epoch holds every interaction once, in an order that the key decides", () => {
  const { batches, pairs } = epoch(Histories.from(rows), 4, 1);
  expect(batches).toHaveLength(pairBatchCount(Histories.from(rows), 4));
  expect(pairs.toSorted()).toEqual(all);
  expect(epoch(Histories.from(rows), 4, 1).pairs).toEqual(pairs);
  expect(epoch(Histories.from(rows), 4, 2).pairs).not.toEqual(pairs);
});

test("the last batch is filled up with the first pairs of the epoch", () => {
  const { batches, pairs } = epoch(Histories.from(rows), 3, 1);
  expect(batches.map(({ users }) => users.shape)).toEqual([[3], [3], [3]]);
  expect(pairs.slice(0, 8).sort()).toEqual(all);
  expect(pairs[8]).toBe(pairs[0]);
});

test("a batch larger than the log is the log", () => {
  const { batches, pairs } = epoch(Histories.from(rows), 100, 1);
  expect(batches).toHaveLength(1);
  expect(pairs.sort()).toEqual(all);
});

test("a split's bounds are kept: what is held out is in no pair", () => {
  const { pairs } = epoch(Histories.from(rows).without(1), 2, 1);
  expect(pairs.slice(0, 5).sort()).toEqual(["0 1", "0 3", "3 1", "3 4", "3 5"]);
});
