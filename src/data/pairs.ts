/**
 * Every training interaction once an epoch, in random order, as pairs (user row, item): what factor models learn from.
 * No list of pairs is made: an epoch is a permutation of interaction numbers, and the user of a number is found among the
 * running counts. The last batch is filled up with the epoch's first pairs, so that all batches have one shape.
 */
import type { Key } from "#random";
import { shuffled } from "#random";
import { int32, type NdArray } from "#tensor";
import type { Histories } from "./histories.ts";

/** Some interactions: user `users[k]` took item `items[k]`. */
export interface PairBatch {
  readonly users: NdArray<Int32Array>; // [B]
  readonly items: NdArray<Int32Array>; // [B]
}

/** How many batches an epoch has. */
export function pairBatchCount(histories: Histories, batchSize: number): number {
  return Math.ceil(histories.interactions / batchSize);
}

/** One epoch's batches; their order is a pure function of the key. */
export function* pairBatches(histories: Histories, batchSize: number, key: Key): Generator<PairBatch> {
  const ends = runningCounts(histories);
  const total = histories.interactions;
  const order = shuffled(key, total);
  const size = Math.min(batchSize, total);
  for (let from = 0; from < total; from += batchSize) {
    const users = new Int32Array(size);
    const items = new Int32Array(size);
    for (let row = 0; row < size; row++) {
      const number = order[(from + row) % total];
      const user = userOf(ends, number);
      const before = user === 0 ? 0 : ends[user - 1];
      users[row] = user;
      items[row] = histories.items[histories.starts[user] + number - before];
    }
    yield { users: int32(users, [size]), items: int32(items, [size]) };
  }
}

/** How many interactions the users up to and with each have. */
function runningCounts(histories: Histories): Int32Array {
  const counts = new Int32Array(histories.users);
  let total = 0;
  for (let user = 0; user < counts.length; user++) {
    total += histories.lengthOf(user);
    counts[user] = total;
  }
  return counts;
}

/** The first user whose running count is above `number`. */
function userOf(ends: Int32Array, number: number): number {
  let [low, high] = [0, ends.length - 1];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (ends[middle] > number) high = middle;
    else low = middle + 1;
  }
  return low;
}
