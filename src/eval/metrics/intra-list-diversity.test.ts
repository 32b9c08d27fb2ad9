import { expect, test } from "vitest";
import { Key, Stream } from "#random";
import { listContext } from "../../../test/fixtures/list-context.ts";
import { intraListDiversity } from "./intra-list-diversity.ts";

test("three items, their cosines worked out by hand", () => {
  // users of item 1: a b · of item 2: a b · of item 3: b c · of item 4: nobody. cos(1,2) = 1, cos(1,3) = cos(2,3) = 1/2
  const rows = [
    [1, 2],
    [1, 2, 3],
    [3, 3],
  ];
  const tally = intraListDiversity.tally(listContext(4, [1, 2, 3], rows));
  tally.see(Int32Array.of(1, 2, 3));
  tally.see(Int32Array.of(1, 4));
  expect(tally.value(1)).toBeUndefined(); // one item has no pairs
  expect(tally.value(2)).toBeCloseTo((0 + 1) / 2, 12); // item 4 shares nothing with anyone
  expect(tally.value(3)).toBeCloseTo((1 - (1 + 0.5 + 0.5) / 3 + 1) / 2, 12); // the short list counts with its pair
});

test("prefix sums over users agree with every pair's cosine taken alone", () => {
  const stream = new Stream(Key.of(4).fold("log"));
  const rows = Array.from({ length: 40 }, () => Array.from({ length: 6 }, () => 1 + stream.below(12)));
  const tally = intraListDiversity.tally(listContext(12, [2, 5], rows));
  const lists = Array.from({ length: 20 }, () =>
    Int32Array.from({ length: 5 }, (_, at) => 1 + ((at * 5 + stream.below(5)) % 12)),
  );
  const distinct = lists.filter((list) => new Set(list).size === 5);
  expect(distinct.length).toBeGreaterThan(3);
  for (const list of distinct) tally.see(list);
  const takers = (item: number) => new Set(rows.flatMap((row, user) => (row.includes(item) ? [user] : [])));
  const cosine = (a: Set<number>, b: Set<number>) =>
    [...a].filter((user) => b.has(user)).length / Math.sqrt(a.size * b.size);
  for (const cutoff of [2, 5]) {
    let sum = 0;
    for (const list of distinct) {
      const sets = Array.from(list.subarray(0, cutoff), takers);
      const pairs = sets.flatMap((a, i) => sets.slice(i + 1).map((b) => cosine(a, b)));
      sum += 1 - pairs.reduce((total, value) => total + value, 0) / pairs.length;
    }
    expect(tally.value(cutoff)).toBeCloseTo(sum / distinct.length, 12);
  }
});

test("where all lists would cost too much, every so many-th is measured, the same ones whatever the lists hold", () => {
  // Two items that all of 1000 users took, in lists of 2: 2000 visits a list, 30 million for 15,000; two thousand are enough.
  const rows = Array.from({ length: 1000 }, () => [1, 2]);
  const context = listContext(3, [2], rows, 15_000);
  const tally = intraListDiversity.tally(context); // 30 / 10 = every third
  for (let list = 0; list < 15_000; list++) tally.see(list % 3 === 0 ? Int32Array.of(1, 2) : Int32Array.of(1, 3));
  expect(tally.value(2)).toBeCloseTo(0, 12); // only alike pairs were looked at
});
