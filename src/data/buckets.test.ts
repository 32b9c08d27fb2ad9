import { expect, test } from "vitest";
import { bucketLengths } from "./buckets.ts";

/** Padded positions of an epoch, counted batch by batch: leftovers of a length ride with the next one. */
function positions(counts: readonly number[], batchSize: number, lengths: readonly number[]): number {
  let waiting = 0;
  let total = 0;
  for (let length = 1; length < counts.length; length++) {
    waiting += counts[length];
    const last = length === lengths.at(-1);
    if (!lengths.includes(length)) continue;
    const batches = last ? Math.ceil(waiting / batchSize) : Math.floor(waiting / batchSize);
    total += batches * batchSize * length;
    waiting -= batches * batchSize;
  }
  return total;
}

/** Every choice of lengths that ends in the longest. */
function* choices(present: readonly number[], most: number): Generator<number[]> {
  const longest = present[present.length - 1];
  for (let mask = 0; mask < 1 << (present.length - 1); mask++) {
    const lengths = present.filter((_, at) => at === present.length - 1 || (mask >> at) & 1);
    if (lengths.length <= most) yield lengths.includes(longest) ? lengths : [...lengths, longest];
  }
}

test("the lengths chosen are as cheap as the cheapest of all choices", () => {
  const counts = [0, 7, 0, 12, 3, 9, 1, 0, 4, 2];
  const present = counts.flatMap((count, length) => (count > 0 ? [length] : []));
  for (const most of [1, 2, 3, 8]) {
    const chosen = bucketLengths(counts, 4, most);
    const least = Math.min(...[...choices(present, most)].map((lengths) => positions(counts, 4, lengths)));
    expect(chosen.length).toBeLessThanOrEqual(most);
    expect(positions(counts, 4, chosen)).toBe(least);
  }
});

test("one length is the longest window, and no window needs no length", () => {
  expect(bucketLengths([0, 5, 0, 2], 2, 1)).toEqual([3]);
  expect(bucketLengths([0, 0, 0], 2, 8)).toEqual([]);
});

test("a length that saves nothing is not compiled", () => {
  // 3 windows of length 1 never fill a batch of 4: they ride with length 2, and one shape is enough.
  expect(bucketLengths([0, 3, 5], 4, 8)).toEqual([2]);
});
