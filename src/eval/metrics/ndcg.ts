/**
 * Normalised discounted cumulative gain with one relevant item a user.   NDCG@k = mean 1[rank ≤ k] / log2(rank + 1)
 * The ideal list has the target at rank 1, whose gain is 1, so that nothing is left to divide by.
 */
import type { RankMetric } from "../metric.ts";

/** 1 at rank 1, 1 / log2(rank + 1) further down, 0 past the cutoff. */
export const ndcg: RankMetric = {
  kind: "rank",
  name: "NDCG",
  atCutoffs: true,
  of: (rank, cutoff) => (rank <= cutoff ? 1 / Math.log2(rank + 1) : 0),
};
