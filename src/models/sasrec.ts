/**
 * SASRec: a causal transformer reads the history; the item after each position is the one whose vector is nearest.
 *   x_t = X[i_t] √D + P[t],  h = LN(blocks(x)),  s_i = scale · ⟨h_T, X_i⟩
 * Source: arXiv 1808.09781. The losses: bce, one negative a position (the paper's, uniform); ce, over all items;
 * sampled-softmax, over negatives that a batch shares, corrected for how they were drawn.
 * Differs: pre-LN blocks; rows are padded on the right and positions counted from the oldest, so that the causal mask hides
 * padding and nothing else need; with `scoring: cosine` item vectors have unit length and the scale is learned.
 */
import { ConfigError } from "#base";
import { defineRecommender, openSequence, requireNoGaps, sequenceStage } from "#recommender";
import { config } from "./sasrec/config.ts";
import { sasRecNetwork } from "./sasrec/network.ts";

/** A causal transformer over item vectors. */
export const sasrec = defineRecommender({
  title: "SASRec",
  paper: "https://arxiv.org/abs/1808.09781",
  summary: "A causal transformer reads the history and points at the next item's vector.",
  config,
  build: (options) => {
    if (options.dim % options.heads !== 0) {
      throw new ConfigError(
        `sasrec: "heads" = ${options.heads} does not divide "dim" = ${options.dim} into equal parts.`,
        {
          code: "bad-value",
          field: "heads",
        },
      );
    }
    requireNoGaps("sasrec", options);
    return {
      stages: [sequenceStage(options, (weights, catalogueSize) => sasRecNetwork(weights, options, catalogueSize))],
      open: (earlier, catalogue, context) =>
        openSequence(
          "sasrec",
          options,
          earlier.sequence.arrays,
          (weights) => sasRecNetwork(weights, options, catalogue.size),
          context,
        ),
    };
  },
});
