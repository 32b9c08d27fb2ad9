/** Mean reciprocal rank over the whole ranking, without a cutoff.   MRR = mean 1 / rank */
import type { RankMetric } from "../metric.ts";

/** 1 / rank; 0 for a target that could not be recommended. */
export const mrr: RankMetric = { kind: "rank", name: "MRR", atCutoffs: false, of: (rank) => 1 / rank };
