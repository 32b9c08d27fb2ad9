/**
 * Novelty: the mean self-information of listed items, in bits.   novelty@k = mean over places −log2(pop_i / Σ_j pop_j)
 * pop: interactions in training. Source: Zhou et al., PNAS 107 (2010), "Solving the apparent diversity-accuracy dilemma",
 * with the share of interactions (Castells, Hurley, Vargas: Recommender Systems Handbook, 2nd ed., ch. 26) for users.
 * Differs: an item that training never saw has infinite self-information; it counts as if it had been taken once.
 */
import type { ListMetric } from "../metric.ts";
import { placeMean } from "../place-mean.ts";

/** High where lists hold what few have taken. */
export const novelty: ListMetric = {
  kind: "lists",
  name: "novelty",
  atCutoffs: true,
  tally: (context) => {
    const interactions = context.popularity.reduce((sum, taken) => sum + taken, 0); // padding has none
    const bits = Float64Array.from(context.popularity, (taken) => Math.log2(interactions / Math.max(1, taken)));
    return placeMean(context, bits);
  },
};
