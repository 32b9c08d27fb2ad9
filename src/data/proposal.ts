/**
 * The distribution that negatives are drawn from: uniform, or by how often an item was taken.
 *   q_i = w_i / Σ_j w_j,   w_i = max(c_i, 1)^α,   c_i training interactions of item i in 1..N
 * α = 0 is uniform, 1 the training frequencies, .75 the choice of word2vec. Drawn in constant time from Vose's alias table.
 * Source: Mikolov et al., NIPS 2013 (arXiv 1310.4546), section 2.2; Vose, IEEE TSE 17(9), 1991.
 * Differs: items nobody took count as taken once, because what is never drawn is never pushed away, and a softmax over
 * the catalogue can only be estimated from draws that reach all of it.
 */
import { ConfigError } from "#base";
import { type Key, Stream } from "#random";
import type { NdArray } from "#tensor";
import type { Histories } from "./histories.ts";

/** Items with the log probability that one draw gives them, as sampled softmax is corrected by. */
export interface Drawn {
  readonly items: NdArray<Int32Array>;
  readonly logQ: NdArray<Float32Array>; // of the same shape
}

/** Draws items 1..N, each with a known probability. */
export class Proposal {
  readonly #keep: Float64Array | undefined; // column i - 1 gives item i so often, else its alias; absent: uniform
  readonly #alias: Int32Array | undefined;

  private constructor(
    /** N; items are 1..N. */
    readonly catalogueSize: number,
    /** q of each item, 0 of padding: [N + 1]. */
    readonly probabilities: Float64Array,
    table?: { keep: Float64Array; alias: Int32Array },
  ) {
    this.#keep = table?.keep;
    this.#alias = table?.alias;
  }

  /** Every item alike. */
  static uniform(catalogueSize: number): Proposal {
    const probabilities = new Float64Array(catalogueSize + 1).fill(1 / catalogueSize);
    probabilities[0] = 0;
    return new Proposal(catalogueSize, probabilities);
  }

  /** By training interactions to the power `power` (α). */
  static popular(train: Histories, catalogueSize: number, power: number): Proposal {
    if (!(power >= 0 && power <= 1)) {
      throw new ConfigError(
        `negatives: power = ${power}: expected a number from 0 (uniform) to 1 (as often as taken).`,
        {
          code: "bad-value",
          field: "power",
        },
      );
    }
    if (power === 0) return Proposal.uniform(catalogueSize);
    const weights = new Float64Array(catalogueSize + 1);
    for (let user = 0; user < train.users; user++) for (const item of train.of(user)) weights[item]++;
    let total = 0;
    for (let item = 1; item <= catalogueSize; item++) total += weights[item] = Math.max(weights[item], 1) ** power;
    weights[0] = 0;
    const probabilities = weights.map((weight) => weight / total);
    return new Proposal(catalogueSize, probabilities, aliasTable(probabilities.subarray(1)));
  }

  /** One item. */
  draw(stream: Stream): number {
    const column = stream.below(this.catalogueSize);
    if (this.#keep === undefined || this.#alias === undefined) return 1 + column;
    return 1 + (stream.uniform() < this.#keep[column] ? column : this.#alias[column]);
  }

  /** `count` items, each drawn on its own, for a whole batch to share; an item may come more than once: [count]. */
  sample(count: number, key: Key): Drawn {
    const stream = new Stream(key);
    const items = Int32Array.from({ length: count }, () => this.draw(stream));
    const logQ = Float32Array.from(items, (item) => Math.log(this.probabilities[item]));
    return {
      items: { dtype: "int32", shape: [count], data: items },
      logQ: { dtype: "float32", shape: [count], data: logQ },
    };
  }
}

/** Vose's table: each column holds 1/N of the mass, its own item's up to `keep`, one other item's above. */
function aliasTable(probabilities: Float64Array): { keep: Float64Array; alias: Int32Array } {
  const size = probabilities.length;
  const keep = probabilities.map((probability) => probability * size);
  const alias = Int32Array.from({ length: size }, (_, column) => column);
  const [small, large]: [number[], number[]] = [[], []];
  for (const [column, mass] of keep.entries()) (mass < 1 ? small : large).push(column);
  while (small.length > 0 && large.length > 0) {
    // as: both have an element
    const [less, more] = [small.pop() as number, large.pop() as number];
    alias[less] = more;
    keep[more] -= 1 - keep[less];
    (keep[more] < 1 ? small : large).push(more);
  }
  for (const column of [...small, ...large]) keep[column] = 1; // what rounding left over
  return { keep, alias };
}
