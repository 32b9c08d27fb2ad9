/**
 * The best a recommender can do on data whose true next-item distribution is known: rank by that distribution and measure
 * the targets that were really drawn, with the ranks and metrics of eval (ties against the target, full ranking).
 */
import type { BestReachable } from "../manifest.ts";

const CUTOFFS = [5, 10, 20];

/** Ranks of one set of targets under the truth, with the history in the ranking and without. */
export interface TrueRanks {
  readonly masked: number[];
  readonly unmasked: number[];
}

/** Rank of `target` by `probabilities`, those of `owned` items left out where given; Infinity for an owned target. */
export function trueRank(probabilities: Float64Array, target: number, owned?: Uint8Array): number {
  if (owned?.[target] === 1) return Number.POSITIVE_INFINITY;
  let rank = 0;
  for (let item = 0; item < probabilities.length; item++) {
    if (probabilities[item] >= probabilities[target] && owned?.[item] !== 1) rank++;
  }
  return rank;
}

/** HR, NDCG and MRR of the ranks of both sets of targets. */
export function bestReachable(ranks: { readonly valid: TrueRanks; readonly test: TrueRanks }): BestReachable {
  const both = ({ masked, unmasked }: TrueRanks) => ({ masked: metricsOf(masked), unmasked: metricsOf(unmasked) });
  return { valid: both(ranks.valid), test: both(ranks.test) };
}

/** Specs/00 C: HR@k = mean [r ≤ k], NDCG@k = mean [r ≤ k] / log₂(r + 1), MRR = mean 1/r. */
function metricsOf(ranks: readonly number[]): Record<string, number> {
  const mean = (of: (rank: number) => number) =>
    ranks.reduce((sum, rank) => sum + of(rank), 0) / Math.max(1, ranks.length);
  const metrics: Record<string, number> = {};
  for (const k of CUTOFFS) {
    metrics[`HR@${k}`] = mean((rank) => Number(rank <= k));
    metrics[`NDCG@${k}`] = mean((rank) => (rank <= k ? 1 / Math.log2(rank + 1) : 0));
  }
  metrics.MRR = mean((rank) => 1 / rank);
  return metrics;
}
