/**
 * Expected calibration error of the first item: how far, in the mean, its probability lies from how often it is taken.
 *   ECE = Σ_m |B_m| / n · |hits(B_m) / |B_m| − mean p(B_m)|,  users in fifteen bins B_m of equal width by that probability p
 * Source: Guo et al., On Calibration of Modern Neural Networks (ICML 2017), equation 3; fifteen bins as in their section 5.
 */
import type { ProbabilityMetric } from "../metric.ts";

const BINS = 15;

export const calibrationError: ProbabilityMetric = {
  kind: "probabilities",
  name: "ECE",
  tally: () => {
    const gaps = new Float64Array(BINS); // hits less probability, summed
    let count = 0;
    return {
      see: ({ first, hit }) => {
        if (Number.isNaN(first)) return; // nobody was recommended anything
        gaps[Math.min(BINS - 1, Math.floor(first * BINS))] += Number(hit) - first;
        count++;
      },
      value: () => (count === 0 ? undefined : gaps.reduce((sum, gap) => sum + Math.abs(gap), 0) / count),
    };
  },
};
