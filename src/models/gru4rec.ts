/**
 * GRU4Rec: a gated recurrent unit reads the history; the item after each position is the one whose vector is nearest.
 *   x_t = X[i_t] √D,  h_t = GRU(x_t, h_{t-1}),  s_i = scale · ⟨LN(W h_T), X_i⟩
 * Source: arXiv 1511.06939 and 1706.03847. The losses: sampled-softmax, bpr-max and top1 over negatives that a batch
 * shares; ce over all items; bce with one negative a position.
 * Differs: whole histories in rows, where the authors run sessions side by side and cut gradients between items; negatives
 * are drawn uniformly beside the batch instead of out of it; items have one table for reading and for scoring (the authors'
 * "constrained embedding"); the state is mapped to the table's width and normalised; with `scoring: cosine` item vectors
 * have unit length and the scale is learned.
 */
import { defineRecommender, openSequence, requireNoGaps, sequenceStage } from "#recommender";
import { config } from "./gru4rec/config.ts";
import { gru4recNetwork } from "./gru4rec/network.ts";

/** A recurrent unit over item vectors. */
export const gru4rec = defineRecommender({
  title: "GRU4Rec",
  paper: "https://arxiv.org/abs/1511.06939",
  summary: "A gated recurrent unit reads the history and points at the next item's vector.",
  config,
  build: (options) => {
    requireNoGaps("gru4rec", options);
    return {
      stages: [sequenceStage(options, (weights, catalogueSize) => gru4recNetwork(weights, options, catalogueSize))],
      open: (earlier, catalogue, context) =>
        openSequence(
          "gru4rec",
          options,
          earlier.sequence.arrays,
          (weights) => gru4recNetwork(weights, options, catalogue.size),
          context,
        ),
    };
  },
});
