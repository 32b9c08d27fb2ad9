/**
 * Gini index of exposure: how unequally the places of the lists are spread over the catalogue.
 *   Gini@k = Σ_j (2j − N − 1) x_(j) / (N Σ_j x_(j)),   x_(1) ≤ … ≤ x_(N): how many lists hold the item among their first k
 * 0: every item is listed equally often; 1 − 1/N: one item has every place. Items that are never listed count.
 * Source: Gini 1912 in the form for sorted values; of recommendations: Fleder and Hosanagar, Management Science 55 (2009).
 */
import type { ListMetric } from "../metric.ts";

/** Counts exposures of every item at every cutoff. */
export const gini: ListMetric = {
  kind: "lists",
  name: "Gini",
  atCutoffs: true,
  tally: ({ catalogue, cutoffs }) => {
    const exposures = new Map(cutoffs.map((cutoff) => [cutoff, new Float64Array(catalogue.size + 1)]));
    return {
      see: (list) => {
        for (const [cutoff, counts] of exposures) {
          const end = Math.min(cutoff, list.length);
          for (let place = 0; place < end; place++) counts[list[place]]++;
        }
      },
      value: (cutoff) => giniOf(exposures.get(cutoff)?.subarray(1) ?? new Float64Array(0)),
    };
  },
};

function giniOf(exposures: Float64Array): number | undefined {
  const sorted = exposures.slice().sort();
  const count = sorted.length;
  let weighted = 0;
  let total = 0;
  sorted.forEach((exposure, at) => {
    weighted += (2 * (at + 1) - count - 1) * exposure;
    total += exposure;
  });
  return total === 0 ? undefined : weighted / (count * total);
}
