/**
 * Mean logarithm of the probability that hidden items were given.   mean ln p(target), 0 at best
 * Targets that could not be recommended have no probability: they are left out, and counted as unreachable beside it.
 */
import type { ProbabilityMetric } from "../metric.ts";

export const logLikelihood: ProbabilityMetric = {
  kind: "probabilities",
  name: "logLikelihood",
  tally: () => {
    let sum = 0;
    let count = 0;
    return {
      see: ({ logTarget }) => {
        if (logTarget === -Infinity) return;
        sum += logTarget;
        count++;
      },
      value: () => (count === 0 ? undefined : sum / count),
    };
  },
};
