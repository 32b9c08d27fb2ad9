/** Hit rate: the share of users whose target is among the first k.   HR@k = mean 1[rank ≤ k] */
import type { RankMetric } from "../metric.ts";

/** 1 for a hit, 0 for a miss. With one target a user this is also recall. */
export const hr: RankMetric = {
  kind: "rank",
  name: "HR",
  atCutoffs: true,
  of: (rank, cutoff) => (rank <= cutoff ? 1 : 0),
};
