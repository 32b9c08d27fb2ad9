/**
 * Item transitions: what others took soon after (and before) the last items of this history; nothing is trained.
 *   s_u = Σ_age decay^age · K[item of that age, ·], K from retrieval/neighbours/transitions.ts
 * With `text`, items whose texts are alike speak as a second expert, with `textEncoder` a third; fusion mixes them.
 * Source: our own training-free floor (docs/log.md has its figures beside published models).
 * Differs: alone, every item gets a share of popularity smaller than any transition can give. It orders the items that none
 * reaches, which the bare formula leaves tied at 0, so that a list would end in whatever stands first in the catalogue.
 * (Fusion does the same for several experts.)
 */
import { type Computed, defineRecommender } from "#recommender";
import { countInteractions, savedFloat32, sparseFromArrays, sparseToArrays, transitionKernel } from "#retrieval";
import { float32, type SparseMatrix } from "#tensor";
import { type NeighbourExpert, neighbourRanker } from "./experts/neighbours.ts";
import { sentenceStage } from "./experts/sentences.ts";
import { tfIdfStage } from "./experts/tf-idf.ts";
import { config, type TransitionsConfig } from "./transitions/config.ts";

/** What others took around the last items of a history, by decayed co-occurrence. */
export const transitions = defineRecommender({
  title: "Item transitions",
  summary: "What others took next to the last items of a history: counted in seconds, no training, hard to beat.",
  config,
  build: (options) => {
    const { decay, queryLength, textDecay } = options;
    const texts = textStages(options);
    return {
      // Texts first: what is wrong with them shows before anything is kept.
      stages: [...texts, kernelStage(options)],
      open: async (earlier, catalogue) => {
        const rows = catalogue.size + 1;
        const arrays = earlier.neighbours?.arrays;
        const kernel = sparseFromArrays(arrays, rows, "transitions");
        if (texts.length === 0) {
          const popularity = savedFloat32(arrays, "popularity", "transitions", rows);
          const base = whisper(kernel, popularity, decay ** (queryLength - 1));
          return neighbourRanker({ transitions: { kernel, decay, queryLength, base } });
        }
        const experts: Record<string, NeighbourExpert> = { transitions: { kernel, decay, queryLength } };
        for (const { name } of texts) {
          experts[name] = {
            kernel: sparseFromArrays(earlier[name]?.arrays, rows, name),
            decay: textDecay,
            queryLength,
          };
        }
        return neighbourRanker(experts);
      },
    };
  },
});

function kernelStage({ window, fitLength, back, beta, distance }: TransitionsConfig): Computed {
  return {
    kind: "computed",
    name: "neighbours",
    compute: async ({ histories, catalogue }) => {
      const popularity = countInteractions(histories, catalogue.size);
      const kernel = transitionKernel(histories, popularity, { window, lastItems: fitLength, back, beta, distance });
      return { arrays: { ...sparseToArrays(kernel), popularity: float32(popularity, [popularity.length]) } };
    },
  };
}

/** The experts that read texts, each named as its stage is. */
function textStages({ text, textTerms, textEncoder }: TransitionsConfig): Computed[] {
  const encodes = textEncoder !== "";
  if (!text && !encodes) return [];
  const words = tfIdfStage("transitions", text ? "text" : "textEncoder", textTerms);
  return encodes ? [sentenceStage("transitions", "textEncoder", textEncoder), words] : [words];
}

/** Popularity, so quiet that it orders only what no transition reaches: below the least score a transition can give. */
function whisper(kernel: SparseMatrix, popularity: Float32Array, leastWeight: number): Float32Array {
  let leastValue = Number.POSITIVE_INFINITY;
  for (const value of kernel.values) if (value < leastValue) leastValue = value;
  const ceiling = Number.isFinite(leastValue) ? leastValue * leastWeight : 1;
  const most = popularity.reduce((a, b) => Math.max(a, b), 0);
  return popularity.map((count) => (ceiling * count) / (most + 1));
}
