/** Recall: the share of a user's targets among the first k.   recall@k = mean |list@k ∩ targets| / |targets| */
import type { RankMetric } from "../metric.ts";

/** One target a user: all of it or nothing, so that it equals the hit rate. */
export const recall: RankMetric = {
  kind: "rank",
  name: "recall",
  atCutoffs: true,
  restates: "HR",
  of: (rank, cutoff) => (rank <= cutoff ? 1 : 0),
};
