/**
 * Training histories as batches [B, T]: each row reads items and is asked for the item after each of them.
 *   items  = 0 … 0 i₁ i₂ … i_w     targets = 0 … 0 i₂ i₃ … i_{w+1}     (the most recent `maxLength + 1` items of a user)
 * Rows of like length share a batch, so that padding is not computed (see buckets.ts); B is the same in every batch, as
 * the optimizer would meet it without buckets. Order, company and batch order are a pure function of the key: a resumed
 * epoch asks for the same key and starts at a later batch.
 */
import type { Key } from "#random";
import { shuffled } from "#random";
import type { NdArray } from "#tensor";
import { bucketLengths } from "./buckets.ts";
import type { Histories } from "./histories.ts";

/** How histories become batches. */
export interface BatchOptions {
  /** Most positions T of a row; of longer histories the most recent part is read. */
  readonly maxLength: number;
  /** Rows B of a batch. */
  readonly batchSize: number;
  /** Where a short row is filled with 0. "left" keeps the newest item in the last column, as SASRec reads it. */
  readonly padding?: "left" | "right";
  /** Most lengths T, each of them one compiled shape; 1 pads everything to the longest. */
  readonly mostLengths?: number;
  /** Gives short batches more rows, up to 4 B, so that positions rather than rows are alike. Changes what a step sees. */
  readonly growShort?: boolean;
}

/** One batch; row r belongs to user `users[r]`, -1 where the last batch has no row left (its items and targets are 0). */
export interface Batch {
  readonly items: NdArray<Int32Array>; // [B, T]
  readonly targets: NdArray<Int32Array>; // [B, T], 0: no loss here
  readonly users: Int32Array; // [B]
}

/** An epoch's batches: as many as `count`, any of them by number, or all in order. */
export class Batches implements Iterable<Batch> {
  readonly #starts: Int32Array; // batch k holds order[starts[k] .. ends[k]]
  readonly #ends: Int32Array;
  readonly #lengths: Int32Array;
  readonly #rows: Int32Array;

  private constructor(
    readonly histories: Histories,
    readonly options: BatchOptions,
    readonly order: Int32Array,
    slices: readonly Slice[],
  ) {
    this.#starts = Int32Array.from(slices, (slice) => slice.start);
    this.#ends = Int32Array.from(slices, (slice) => slice.end);
    this.#lengths = Int32Array.from(slices, (slice) => slice.length);
    this.#rows = Int32Array.from(slices, (slice) => slice.rows);
  }

  /** Plans one epoch over every user with something to predict. */
  static of(histories: Histories, options: BatchOptions, key: Key): Batches {
    const inOrder = usersWithTargets(histories);
    const users = shuffled(key.fold("users"), inOrder.length).map((at) => inOrder[at]);
    const lengths = bucketLengths(windowCounts(histories, users, options.maxLength), options.batchSize, most(options));
    const { order, slices } = pack(histories, users, lengths, options);
    const sequence = shuffled(key.fold("batches"), slices.length);
    const inSequence = Array.from(sequence, (at) => slices[at]);
    return new Batches(histories, options, order, inSequence);
  }

  /** Number of batches. */
  get count(): number {
    return this.#starts.length;
  }

  /** The k-th batch, built when asked for. */
  at(k: number): Batch {
    const [start, end, length, rows] = [this.#starts[k], this.#ends[k], this.#lengths[k], this.#rows[k]];
    const items = new Int32Array(rows * length);
    const targets = new Int32Array(rows * length);
    const users = new Int32Array(rows).fill(-1);
    const left = (this.options.padding ?? "left") === "left";
    for (let row = 0; row < end - start; row++) {
      const user = this.order[start + row];
      users[row] = user;
      const last = this.histories.ends[user] - 1; // the newest item is only ever a target
      const width = windowLength(this.histories, user, this.options.maxLength);
      let at = row * length + (left ? length - width : 0);
      for (let position = last - width; position < last; position++, at++) {
        items[at] = this.histories.items[position];
        targets[at] = this.histories.items[position + 1];
      }
    }
    const shape = [rows, length];
    return { items: { dtype: "int32", shape, data: items }, targets: { dtype: "int32", shape, data: targets }, users };
  }

  *[Symbol.iterator](): Generator<Batch> {
    for (let k = 0; k < this.count; k++) yield this.at(k);
  }
}

/** How many batches an epoch over `histories` has, whatever its key. */
export function batchCount(histories: Histories, options: BatchOptions): number {
  const users = usersWithTargets(histories);
  if (!options.growShort) return Math.ceil(users.length / options.batchSize);
  const lengths = bucketLengths(windowCounts(histories, users, options.maxLength), options.batchSize, most(options));
  return pack(histories, users, lengths, options).slices.length;
}

/** Eight compiled shapes are what a training may cost (engine.md). */
const most = (options: BatchOptions) => options.mostLengths ?? 8;

interface Slice {
  readonly start: number;
  readonly end: number;
  readonly length: number;
  readonly rows: number;
}

/** Users in bucket order, and where each batch begins; what does not fill a batch goes up to the next length. */
function pack(histories: Histories, users: Int32Array, lengths: readonly number[], options: BatchOptions) {
  const order = byBucket(histories, users, lengths, options.maxLength);
  const slices: Slice[] = [];
  let start = 0;
  lengths.forEach((length, bucket) => {
    const rows = options.growShort
      ? options.batchSize * Math.min(4, Math.floor(lengths[lengths.length - 1] / length))
      : options.batchSize;
    const end = order.ends[bucket];
    for (; start + rows <= end; start += rows) slices.push({ start, end: start + rows, length, rows });
    if (bucket === lengths.length - 1 && start < end) slices.push({ start, end, length, rows });
  });
  return { order: order.users, slices };
}

/** A counting sort by bucket that keeps the given order within each. */
function byBucket(histories: Histories, users: Int32Array, lengths: readonly number[], maxLength: number) {
  const bucketOf = new Uint8Array(maxLength + 1);
  for (let width = 1, bucket = 0; width <= maxLength; width++) {
    while (bucket < lengths.length - 1 && lengths[bucket] < width) bucket++;
    bucketOf[width] = bucket;
  }
  const ends = new Int32Array(lengths.length);
  for (const user of users) ends[bucketOf[windowLength(histories, user, maxLength)]]++;
  const next = new Int32Array(lengths.length);
  for (let bucket = 1; bucket < lengths.length; bucket++) {
    next[bucket] = ends[bucket - 1];
    ends[bucket] += ends[bucket - 1];
  }
  const sorted = new Int32Array(users.length);
  for (const user of users) sorted[next[bucketOf[windowLength(histories, user, maxLength)]]++] = user;
  return { users: sorted, ends };
}

function windowLength(histories: Histories, user: number, maxLength: number): number {
  return Math.min(histories.ends[user] - histories.starts[user] - 1, maxLength);
}

function usersWithTargets(histories: Histories): Int32Array {
  const users = new Int32Array(histories.users);
  let count = 0;
  for (let user = 0; user < histories.users; user++) if (histories.lengthOf(user) > 1) users[count++] = user;
  return users.slice(0, count);
}

function windowCounts(histories: Histories, users: Int32Array, maxLength: number): Int32Array {
  const counts = new Int32Array(maxLength + 1);
  for (const user of users) counts[windowLength(histories, user, maxLength)]++;
  return counts;
}
