/**
 * Item transitions: what others took soon after (and before) the last items of this history; nothing is trained.
 *   s_u = Σ_age decay^age · K[item of that age, ·], K from retrieval/neighbours/transitions.ts
 * Source: our own training-free floor (docs/log.md has its figures beside published models).
 * Differs: every item gets a share of popularity smaller than any transition can give. It orders the items that none
 * reaches, which the bare formula leaves tied at 0, so that a list would end in whatever stands first in the catalogue.
 */
import { z } from "zod";
import { defineRecommender, exportedKernel, type Ranker } from "#recommender";
import {
  addDecayedRows,
  countInteractions,
  savedFloat32,
  sparseFromArrays,
  sparseToArrays,
  transitionKernel,
} from "#retrieval";
import { float32, type SparseMatrix } from "#tensor";

const config = z.strictObject({
  decay: z
    .number()
    .min(0.05)
    .max(1)
    .default(0.6)
    .describe("weight of an item relative to the one after it (worth trying: 0.6, 0.7, 0.8, 0.95)"),
  beta: z
    .number()
    .min(0)
    .max(1)
    .default(0.3)
    .describe("how strongly an item's popularity is divided away (worth trying: 0.3, 0.5, 1)"),
  back: z.number().min(0).max(1).default(0.5).describe("weight of a transition read backwards"),
  window: z.int().min(1).max(1000).default(10).describe("positions between two items that still count as a transition"),
  fitLength: z
    .int()
    .min(2)
    .default(200)
    .describe("last items of each training history that transitions are taken from"),
  queryLength: z.int().min(1).max(100).default(20).describe("last items of a history that are looked up"),
});

/** What others took around the last items of a history, by decayed co-occurrence. */
export const transitions = defineRecommender({
  title: "Item transitions",
  summary: "What others took next to the last items of a history: counted in seconds, no training, hard to beat.",
  config,
  build: ({ decay, beta, back, window, fitLength, queryLength }) => ({
    stages: [
      {
        kind: "computed",
        name: "neighbours",
        compute: async ({ histories, catalogue }) => {
          const popularity = countInteractions(histories, catalogue.size);
          const kernel = transitionKernel(histories, popularity, { window, lastItems: fitLength, back, beta });
          return { arrays: { ...sparseToArrays(kernel), popularity: float32(popularity, [popularity.length]) } };
        },
      },
    ],
    open: async (earlier, catalogue) => {
      const arrays = earlier.neighbours?.arrays;
      const kernel = sparseFromArrays(arrays, catalogue.size + 1, "transitions");
      const popularity = savedFloat32(arrays, "popularity", "transitions", catalogue.size + 1);
      return rankerOf(kernel, whisper(kernel, popularity, decay ** (queryLength - 1)), decay, queryLength);
    },
  }),
});

/** Popularity, so quiet that it orders only what no transition reaches: below the least score a transition can give. */
function whisper(kernel: SparseMatrix, popularity: Float32Array, leastWeight: number): Float32Array {
  let leastValue = Number.POSITIVE_INFINITY;
  for (const value of kernel.values) if (value < leastValue) leastValue = value;
  const ceiling = Number.isFinite(leastValue) ? leastValue * leastWeight : 1;
  const most = popularity.reduce((a, b) => Math.max(a, b), 0);
  return popularity.map((count) => (ceiling * count) / (most + 1));
}

function rankerOf(kernel: SparseMatrix, base: Float32Array, decay: number, queryLength: number): Ranker<Int32Array> {
  return {
    experts: { transitions: "mass" },
    encode: async (profiles) => profiles.map(({ history }) => history.slice(-queryLength)),
    score: async (states, items) => {
      const columns = base.length;
      const scores = new Float32Array(states.length * columns);
      states.forEach((recent, row) => {
        scores.set(base, row * columns);
        addDecayedRows(kernel, recent, decay, scores, row * columns);
      });
      return { transitions: items === undefined ? scores : columnsOf(scores, columns, items) };
    },
    export: () => exportedKernel(kernel, base, decay, queryLength),
    [Symbol.asyncDispose]: async () => {},
  };
}

/** The columns of `items` of a row-major table of scores. */
function columnsOf(scores: Float32Array, columns: number, items: Int32Array): Float32Array {
  const rows = scores.length / columns;
  const chosen = new Float32Array(rows * items.length);
  for (let row = 0; row < rows; row++) {
    for (let at = 0; at < items.length; at++) chosen[row * items.length + at] = scores[row * columns + items[at]];
  }
  return chosen;
}
