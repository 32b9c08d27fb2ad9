/** Precision: the share of targets among the first k.   precision@k = mean |list@k ∩ targets| / k */
import type { RankMetric } from "../metric.ts";

/** One target a user: HR@k / k, and never above 1 / k. Lists that are shorter than k are divided by k all the same. */
export const precision: RankMetric = {
  kind: "rank",
  name: "precision",
  atCutoffs: true,
  restates: "HR",
  of: (rank, cutoff) => (rank <= cutoff ? 1 / cutoff : 0),
};
