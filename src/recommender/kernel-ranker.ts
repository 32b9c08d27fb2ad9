/**
 * The ranker of models that are one sparse matrix of item-to-item weights: the rows of a history's last items, summed,
 * older ones counting less.   s_u = Σ_age decay^age · K[item of that age, ·], over the last `queryLength` items
 * Every item also gets a share of popularity too small to change an order: it arranges what no row reaches, which would
 * otherwise tie at 0 and stand in the order of the catalogue.
 */
import { addDecayedRows, sparseToArrays } from "#retrieval";
import { float32, type SparseMatrix } from "#tensor";
import type { Ranker } from "./contract.ts";
import type { Exported } from "./exported.ts";
import type { ExpertKind } from "./fusion/share.ts";

export interface KernelRankerOptions {
  /** What the scores are called. */
  readonly expert: string;
  /** What they are: mass where no weight is negative. */
  readonly kind: ExpertKind;
  readonly kernel: SparseMatrix; // [N + 1, N + 1]
  /** Interactions of every item in training: [N + 1]. */
  readonly popularity: Float32Array;
  /** Weight of an item relative to the one after it. */
  readonly decay: number;
  readonly queryLength: number;
}

/** A ranker that adds up kernel rows; its states are the items that are looked up. */
export function kernelRanker(options: KernelRankerOptions): Ranker<Int32Array> {
  const { expert, kind, kernel, decay, queryLength } = options;
  const base = whisper(options);
  return {
    experts: { [expert]: kind },
    encode: async (profiles) => profiles.map(({ history }) => history.slice(-queryLength)),
    score: async (states, items) => {
      const columns = base.length;
      const scores = new Float32Array(states.length * columns);
      states.forEach((recent, row) => {
        scores.set(base, row * columns);
        addDecayedRows(kernel, recent, decay, scores, row * columns);
      });
      return { [expert]: items === undefined ? scores : columnsOf(scores, columns, items) };
    },
    export: () => exportedKernel(kernel, base, decay, queryLength),
    [Symbol.asyncDispose]: async () => {},
  };
}

/** Such a model for the world outside: no ONNX operator adds up rows of a sparse matrix, but three lines of any language do. */
export function exportedKernel(kernel: SparseMatrix, base: Float32Array, decay: number, queryLength: number): Exported {
  return {
    arrays: { ...sparseToArrays(kernel), base: float32(base, [base.length]) },
    formula: [
      "K is a sparse matrix (CSR), rows and columns by item index: row i has columns[starts[i] : starts[i + 1]] and values beside them",
      `score = base + Σ_age ${decay}^age · K[history[-1 - age]], over the last ${queryLength} items of a history, oldest first; age 0 is the newest`,
      "an item that stands in the history several times counts each time; leave out index 0 and the history from the list",
    ],
  };
}

/** How far below the least that a row can give the whisper stays: too little to turn an order among what rows reach. */
const QUIET = 1e-6;

/** Popularity, far below the least that the oldest item looked up can give. */
function whisper({ kernel, popularity, decay, queryLength }: KernelRankerOptions): Float32Array {
  let least = Number.POSITIVE_INFINITY;
  for (const value of kernel.values) if (value !== 0) least = Math.min(least, Math.abs(value));
  const ceiling = Number.isFinite(least) ? QUIET * least * decay ** (queryLength - 1) : 1;
  const most = popularity.reduce((a, b) => Math.max(a, b), 0);
  // float32 has nothing below 1e-45: then the whisper must be a little louder than promised.
  const unit = Math.max(ceiling / (most + 1), 1e-30);
  return popularity.map((count) => unit * count);
}

/** The columns of `items` of a row-major table of scores: [B, columns] → [B, items.length]. */
export function columnsOf(scores: Float32Array, columns: number, items: Int32Array): Float32Array {
  const rows = scores.length / columns;
  const chosen = new Float32Array(rows * items.length);
  for (let row = 0; row < rows; row++) {
    for (let at = 0; at < items.length; at++) chosen[row * items.length + at] = scores[row * columns + items[at]];
  }
  return chosen;
}
