/** The rank of one user's target among all items, counted against the model wherever scores are equal. */
import { notNumbers } from "#recommender";

/**
 * 1 + the number of other items that score at least as much as `target`, in one row of scores by catalogue
 * index (its column 0 is padding and does not take part). Infinity when the target itself scores -Infinity: masked,
 * or not generated, so that it can never be recommended. A NaN anywhere in the row is an error, whoever it would favour.
 */
export function rankOf(scores: Float32Array, target: number): number {
  const own = scores[target];
  let notBelow = 0; // the target itself among them, which makes the count a rank
  let below = 0;
  // Number(comparison), not `if`: without a branch to mispredict this is three times as fast, and it runs once an item a user.
  for (let at = 1; at < scores.length; at++) {
    const score = scores[at];
    notBelow += Number(score >= own);
    below += Number(score < own);
  }
  if (notBelow + below !== scores.length - 1) throw notNumbers(); // NaN is neither
  return own === -Infinity ? Number.POSITIVE_INFINITY : notBelow;
}
