/**
 * Items a user did not take in training, drawn uniformly or by popularity: what a target is contrasted with.
 *   q_i(u) = q_i / (1 - Σ_{j taken by u} q_j) for items i that u did not take        (q: proposal.ts)
 * Only *training* positives are excluded (specs/00 B.3): whoever excludes held-out items too tells the model that they
 * are special, because they are then never a negative.
 */
import type { Key } from "#random";
import { Stream } from "#random";
import type { NdArray } from "#tensor";
import type { Batch } from "./batches.ts";
import type { Histories } from "./histories.ts";
import { Proposal } from "./proposal.ts";

/** Rejected draws after which the walk over all items is cheaper. */
const PATIENCE = 1000;

/** Draws negatives for the users of a training split. */
export class Negatives {
  readonly #positives: Int32Array; // every user's items, ascending
  readonly #starts: Float64Array;
  readonly #ends: Float64Array;
  readonly catalogueSize: number;

  /** Negatives are 1..N; `proposal` is uniform by default. */
  constructor(
    train: Histories,
    catalogueSize: number,
    readonly proposal: Proposal = Proposal.uniform(catalogueSize),
  ) {
    this.catalogueSize = catalogueSize;
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

  /** log q_i(u) of negatives that `sample` drew for the same batch; 0 where there is none. Of their shape. */
  logQ({ users }: Pick<Batch, "users">, negatives: NdArray<Int32Array>): NdArray<Float32Array> {
    const { data: items, shape } = negatives;
    const each = items.length / users.length; // of a row
    const data = new Float32Array(items.length);
    users.forEach((user, row) => {
      if (user < 0) return;
      const left = this.#massLeft(user);
      for (let at = row * each; at < (row + 1) * each; at++) {
        if (items[at] !== 0) data[at] = Math.log(this.proposal.probabilities[items[at]] / left);
      }
    });
    return { dtype: "float32", shape, data };
  }

  #draw(user: number, stream: Stream): number {
    const start = this.#starts[user];
    const end = this.#ends[user];
    if (this.#tookAll(user)) return this.proposal.draw(stream);
    for (let tries = 0; tries < PATIENCE; tries++) {
      const item = this.proposal.draw(stream);
      if (!this.#has(item, start, end)) return item;
    }
    return this.#drawSlowly(user, stream);
  }

  /** The same distribution by walking over all items: for those who took nearly everything that is ever drawn. */
  #drawSlowly(user: number, stream: Stream): number {
    const [start, end] = [this.#starts[user], this.#ends[user]];
    const { probabilities } = this.proposal;
    let left = stream.uniform() * this.#massLeft(user);
    let latest = 0;
    for (let item = 1, taken = start; item <= this.catalogueSize; item++) {
      if (taken < end && this.#positives[taken] === item) {
        taken++;
        continue;
      }
      latest = item;
      left -= probabilities[item];
      if (left < 0) break;
    }
    return latest; // by rounding, `left` may outlive the last item
  }

  /** Someone who took the whole catalogue has no negative; any item is as good as another then. */
  #tookAll(user: number): boolean {
    return this.#ends[user] - this.#starts[user] >= this.catalogueSize;
  }

  /** What the proposal gives to items the user did not take. */
  #massLeft(user: number): number {
    if (this.#tookAll(user)) return 1;
    const [start, end] = [this.#starts[user], this.#ends[user]];
    let taken = 0;
    for (let at = start; at < end; at++) taken += this.proposal.probabilities[this.#positives[at]];
    if (taken < 0.5) return 1 - taken;
    // Near 1 the difference would be rounding: the rest is added up instead.
    let left = 0;
    for (let item = 1, at = start; item <= this.catalogueSize; item++) {
      if (at < end && this.#positives[at] === item) at++;
      else left += this.proposal.probabilities[item];
    }
    return left;
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
