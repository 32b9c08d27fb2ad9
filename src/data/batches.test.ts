import { expect, test } from "vitest";
import { Key } from "#random";
import { Batches, batchCount } from "./batches.ts";
import { Histories } from "./histories.ts";

const key = Key.of(1);

/** The rows of a batch as plain arrays. */
function rowsOf({ data, shape: [rows, length] }: { data: Int32Array; shape: readonly number[] }): number[][] {
  return Array.from({ length: rows }, (_, row) => [...data.subarray(row * length, (row + 1) * length)]);
}

test("a row reads each item and is asked for the one after it, newest in the last column", () => {
  const [batch] = Batches.of(
    Histories.from([
      [1, 2, 3, 4],
      [5, 6],
    ]),
    { maxLength: 8, batchSize: 2 },
    key,
  );
  const order = batch.users[0] === 0 ? [0, 1] : [1, 0];
  const expected = {
    items: [
      [1, 2, 3],
      [0, 0, 5],
    ],
    targets: [
      [2, 3, 4],
      [0, 0, 6],
    ],
  };
  expect(rowsOf(batch.items)).toEqual(order.map((at) => expected.items[at]));
  expect(rowsOf(batch.targets)).toEqual(order.map((at) => expected.targets[at]));
});

test("right padding starts at the first column", () => {
  const histories = Histories.from([
    [1, 2, 3, 4],
    [5, 6],
  ]);
  const [batch] = Batches.of(histories, { maxLength: 8, batchSize: 2, padding: "right" }, key);
  const short = batch.users.indexOf(1);
  expect(rowsOf(batch.items)[short]).toEqual([5, 0, 0]);
  expect(rowsOf(batch.targets)[short]).toEqual([6, 0, 0]);
});

test("of a long history the most recent maxLength + 1 items are used", () => {
  const [batch] = Batches.of(Histories.from([[1, 2, 3, 4, 5, 6]]), { maxLength: 2, batchSize: 1 }, key);
  expect(rowsOf(batch.items)).toEqual([[4, 5]]);
  expect(rowsOf(batch.targets)).toEqual([[5, 6]]);
});

test("an unfilled batch has empty rows of no user", () => {
  const [batch] = Batches.of(Histories.from([[1, 2]]), { maxLength: 2, batchSize: 3 }, key);
  expect([...batch.users]).toEqual([0, -1, -1]);
  expect(rowsOf(batch.targets)).toEqual([[2], [0], [0]]);
});

/** Histories whose lengths spread from 1 to 40, item ids by user. */
const spread = Histories.from(
  Array.from({ length: 500 }, (_, user) =>
    Array.from({ length: 1 + ((user * 7) % 40) }, (_, at) => 1 + ((user + at) % 97)),
  ),
);
const options = { maxLength: 30, batchSize: 16 };

test("every user with something to predict is in exactly one row, users with one item in none", () => {
  const seen = [...Batches.of(spread, options, key)].flatMap((batch) => [...batch.users].filter((user) => user >= 0));
  const expected = Array.from({ length: spread.users }, (_, user) => user).filter((user) => spread.lengthOf(user) > 1);
  expect(seen.sort((a, b) => a - b)).toEqual(expected);
});

test("there are at most eight shapes, B is the same in all, and steps are as many as without buckets", () => {
  const batches = [...Batches.of(spread, options, key)];
  const shapes = new Set(batches.map((batch) => batch.items.shape.join("x")));
  expect(shapes.size).toBeLessThanOrEqual(8);
  expect(shapes.size).toBeGreaterThan(1);
  expect(batches.every((batch) => batch.users.length === 16)).toBe(true);
  expect(batches.length).toBe(Math.ceil(487 / 16)); // 13 of 500 users have one item
  expect(batchCount(spread, options)).toBe(batches.length);
});

test("bucketing computes fewer positions than one length, and the same targets", () => {
  const count = (mostLengths: number) => {
    let [positions, targets] = [0, 0];
    for (const batch of Batches.of(spread, { ...options, mostLengths }, key)) {
      positions += batch.items.data.length;
      targets += batch.targets.data.filter((target) => target > 0).length;
    }
    return { positions, targets };
  };
  expect(count(8).targets).toBe(count(1).targets);
  expect(count(8).positions).toBeLessThan(0.7 * count(1).positions);
});

test("an epoch is a pure function of its key", () => {
  const items = (seed: number) => [...Batches.of(spread, options, Key.of(seed))].map((batch) => [...batch.items.data]);
  expect(items(5)).toEqual(items(5));
  expect(items(5)).not.toEqual(items(6));
});

test("a batch asked for by number is the one the epoch yields, so that a resumed epoch skips", () => {
  const batches = Batches.of(spread, options, key);
  expect([...batches].slice(3)[0]).toEqual(Batches.of(spread, options, key).at(3));
});

test("short batches may have more rows, and still no more than eight shapes", () => {
  const grown = [...Batches.of(spread, { ...options, growShort: true }, key)];
  const shortest = grown.reduce((a, b) => (a.items.shape[1] <= b.items.shape[1] ? a : b));
  expect(shortest.users.length).toBeGreaterThan(16);
  expect(new Set(grown.map((batch) => batch.items.shape.join("x"))).size).toBeLessThanOrEqual(8);
  expect(batchCount(spread, { ...options, growShort: true })).toBe(grown.length);
});

test("histories without a single target make no batch", () => {
  expect(Batches.of(Histories.from([[1], []]), options, key).count).toBe(0);
});
