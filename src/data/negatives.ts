/**
 * Items a user did not take in training, drawn uniformly: what a target is contrasted with.
 * Only *training* positives are excluded (specs/00 B.3): whoever excludes held-out items too tells the model that they
 * are special, because they are then never a negative.
 */
import type { Key } from "#random";
import { Stream } from "#random";
import type { NdArray } from "#tensor";
import type { Batch } from "./batches.ts";
import type { Histories } from "./histories.ts";

/** Draws negatives for the users of a training split. */
export class Negatives {
  readonly #positives: Int32Array; // every user's items, ascending
  readonly #starts: Float64Array;
  readonly #ends: Float64Array;

  constructor(
    train: Histories,
    /** N; negatives are 1..N. */
    readonly catalogueSize: number,
  ) {
    this.#positives = train.items.slice();
    this.#starts = train.starts;
    this.#ends = train.ends.slice();
    for (let user = 0; user < train.users; user++) this.#ends[user] = this.#sortDistinct(user);
  }

  /** `each` negatives for every target of the batch, 0 where there is none: [B, T], or [B, T, each] when several. */
  sample(batch: Pick<Batch, "targets" | "users">, key: Key, each = 1): NdArray<Int32Array> {
    const { data: targets, shape } = batch.targets;
    const [rows, length] = shape;
    const stream = new Stream(key);
    const negatives = new Int32Array(targets.length * each);
    for (let row = 0; row < rows; row++) {
      const user = batch.users[row];
      for (let at = row * length; at < (row + 1) * length; at++) {
        if (targets[at] === 0) continue;
        for (let n = 0; n < each; n++) negatives[at * each + n] = this.#draw(user, stream);
      }
    }
    return { dtype: "int32", shape: each === 1 ? shape : [rows, length, each], data: negatives };
  }

  #draw(user: number, stream: Stream): number {
    const start = this.#starts[user];
    const end = this.#ends[user];
    // Someone who took the whole catalogue has no negative; any item is as good as another then.
    const any = end - start >= this.catalogueSize;
    for (;;) {
      const item = 1 + stream.below(this.catalogueSize);
      if (any || !this.#has(item, start, end)) return item;
    }
  }

  #has(item: number, start: number, end: number): boolean {
    let low = start;
    let high = end;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#positives[middle] < item) low = middle + 1;
      else high = middle;
    }
    return low < end && this.#positives[low] === item;
  }

  /** Sorts a user's items and drops repeats; returns where they end now. */
  #sortDistinct(user: number): number {
    const [start, end] = [this.#starts[user], this.#ends[user]];
    this.#positives.subarray(start, end).sort();
    let kept = start;
    for (let at = start; at < end; at++) {
      if (at === start || this.#positives[at] !== this.#positives[kept - 1])
        this.#positives[kept++] = this.#positives[at];
    }
    return kept;
  }
}

/**
 * `count` distinct items drawn uniformly from 1..N, for a whole batch to share (sampled softmax). Positives may be among
 * them: the loss masks or corrects those. Floyd's algorithm: as many draws as items.
 */
export function sharedNegatives(catalogueSize: number, count: number, key: Key): NdArray<Int32Array> {
  const most = Math.min(count, catalogueSize);
  const stream = new Stream(key);
  const drawn = new Set<number>();
  for (let highest = catalogueSize - most + 1; highest <= catalogueSize; highest++) {
    const item = 1 + stream.below(highest);
    drawn.add(drawn.has(item) ? highest : item);
  }
  return { dtype: "int32", shape: [most], data: Int32Array.from(drawn) };
}
