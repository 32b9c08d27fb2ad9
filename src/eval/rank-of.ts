/** The rank of one user's target among all items, counted against the model wherever scores are equal. */
import { notNumbers } from "#recommender";
import { ComparisonCounter } from "./comparison-counter.ts";

/** That of the last row's length: rows of a catalogue come one after the other. */
let counter = new ComparisonCounter(0);

/**
 * 1 + the number of other items that score at least as much as `target`, in one row of scores by catalogue
 * index (its column 0 is padding and does not take part). Infinity when the target itself scores -Infinity: masked,
 * or not generated, so that it can never be recommended. A NaN anywhere in the row is an error, whoever it would favour.
 */
export function rankOf(scores: Float32Array, target: number): number {
  const items = scores.subarray(1);
  if (counter.length !== items.length) counter = new ComparisonCounter(items.length);
  const { below, notBelow } = counter.count(items, scores[target]);
  if (notBelow + below !== items.length) throw notNumbers(); // NaN is neither
  return scores[target] === -Infinity ? Number.POSITIVE_INFINITY : notBelow; // the target itself is one of them
}
