/**
 * Training histories as batches [B, T]: each row reads items and is asked for the item after each of them.
 *   items  = 0 … 0 i₁ i₂ … i_w     targets = 0 … 0 i₂ i₃ … i_{w+1}     (w at most `maxLength`; which stretch of a
 * history a row reads is told in windows.ts: its most recent one, or all of them)
 * Rows of like length share a batch, so that padding is not computed (see buckets.ts); B is the same in every batch, as
 * the optimizer would meet it without buckets. Order, company and batch order are a pure function of the key: a resumed
 * epoch asks for the same key and starts at a later batch.
 */
import type { Key } from "#random";
import { shuffled } from "#random";
import type { NdArray } from "#tensor";
import { bucketLengths } from "./buckets.ts";
import type { Histories } from "./histories.ts";
import { type WindowRule, type Windows, windowCount, windowsOf } from "./windows.ts";

/** How histories become batches. */
export interface BatchOptions {
  /** Most positions T of a row. */
  readonly maxLength: number;
  /** What is read of longer histories; their most recent part by default. */
  readonly windows?: WindowRule;
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
  /** How many of the user's items come after the row's newest target. */
  readonly after: Float64Array; // [B]
}

/** An epoch's batches: as many as `count`, any of them by number, or all in order. */
export class Batches implements Iterable<Batch> {
  readonly #starts: Int32Array; // batch k holds the windows order[starts[k] .. ends[k]]
  readonly #ends: Int32Array;
  readonly #lengths: Int32Array;
  readonly #rows: Int32Array;

  private constructor(
    readonly histories: Histories,
    readonly options: BatchOptions,
    private readonly windows: Windows,
    private readonly order: Int32Array,
    slices: readonly Slice[],
  ) {
    this.#starts = Int32Array.from(slices, (slice) => slice.start);
    this.#ends = Int32Array.from(slices, (slice) => slice.end);
    this.#lengths = Int32Array.from(slices, (slice) => slice.length);
    this.#rows = Int32Array.from(slices, (slice) => slice.rows);
  }

  /** Plans one epoch over every user with something to predict. */
  static of(histories: Histories, options: BatchOptions, key: Key): Batches {
    const windows = windowsOf(histories, options.maxLength, options.windows);
    const { order, slices } = pack(windows, shuffled(key.fold("users"), windows.count), options);
    const sequence = shuffled(key.fold("batches"), slices.length);
    const inSequence = Array.from(sequence, (at) => slices[at]);
    return new Batches(histories, options, windows, order, inSequence);
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
    const after = new Float64Array(rows);
    const left = (this.options.padding ?? "left") === "left";
    for (let row = 0; row < end - start; row++) {
      const window = this.order[start + row];
      users[row] = this.windows.users[window];
      const last = this.windows.ends[window]; // the newest item is only ever a target
      after[row] = this.histories.ends[users[row]] - 1 - last;
      const width = this.windows.widths[window];
      let at = row * length + (left ? length - width : 0);
      for (let position = last - width; position < last; position++, at++) {
        items[at] = this.histories.items[position];
        targets[at] = this.histories.items[position + 1];
      }
    }
    const shape = [rows, length];
    return {
      items: { dtype: "int32", shape, data: items },
      targets: { dtype: "int32", shape, data: targets },
      users,
      after,
    };
  }

  *[Symbol.iterator](): Generator<Batch> {
    for (let k = 0; k < this.count; k++) yield this.at(k);
  }
}

/** How many batches an epoch over `histories` has, whatever its key. */
export function batchCount(histories: Histories, options: BatchOptions): number {
  const { maxLength, windows, batchSize, growShort } = options;
  if (!growShort) return Math.ceil(windowCount(histories, maxLength, windows) / batchSize);
  const all = windowsOf(histories, maxLength, windows);
  const inOrder = Int32Array.from({ length: all.count }, (_, at) => at);
  return pack(all, inOrder, options).slices.length;
}

/** Eight compiled shapes are what a training may cost (engine.md). */
const MOST_LENGTHS = 8;

interface Slice {
  readonly start: number;
  readonly end: number;
  readonly length: number;
  readonly rows: number;
}

/** Windows in bucket order, and where each batch begins; what does not fill a batch goes up to the next length. */
function pack({ widths }: Windows, among: Int32Array, options: BatchOptions) {
  const { maxLength, batchSize, growShort, mostLengths = MOST_LENGTHS } = options;
  const lengths = bucketLengths(countByWidth(widths, maxLength), batchSize, mostLengths);
  const { order, ends } = byBucket(widths, among, lengths, maxLength);
  const slices: Slice[] = [];
  let start = 0;
  lengths.forEach((length, bucket) => {
    const rows = growShort ? batchSize * Math.min(4, Math.floor(lengths[lengths.length - 1] / length)) : batchSize;
    const end = ends[bucket];
    for (; start + rows <= end; start += rows) slices.push({ start, end: start + rows, length, rows });
    if (bucket === lengths.length - 1 && start < end) slices.push({ start, end, length, rows });
  });
  return { order, slices };
}

/** A counting sort by bucket that keeps the given order within each. */
function byBucket(widths: Int32Array, among: Int32Array, lengths: readonly number[], maxLength: number) {
  const bucketOf = new Uint8Array(maxLength + 1);
  for (let width = 1, bucket = 0; width <= maxLength; width++) {
    while (bucket < lengths.length - 1 && lengths[bucket] < width) bucket++;
    bucketOf[width] = bucket;
  }
  const ends = new Int32Array(lengths.length);
  for (const window of among) ends[bucketOf[widths[window]]]++;
  const next = new Int32Array(lengths.length);
  for (let bucket = 1; bucket < lengths.length; bucket++) {
    next[bucket] = ends[bucket - 1];
    ends[bucket] += ends[bucket - 1];
  }
  const order = new Int32Array(among.length);
  for (const window of among) order[next[bucketOf[widths[window]]]++] = window;
  return { order, ends };
}

function countByWidth(widths: Int32Array, maxLength: number): Int32Array {
  const counts = new Int32Array(maxLength + 1);
  for (const width of widths) counts[width]++;
  return counts;
}
