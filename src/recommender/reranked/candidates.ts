/**
 * A user's candidates: the best of a mix of the experts (mixture.ts), and the items of the history, which only count
 * where they may be recommended again.
 *   mixed_i = Σ_e w_e · share_e(i) z_i^a / Σ_j share_e(j) z_j^a      sums over the items outside the history
 */
import { selectTop } from "#retrieval";
import { type FeatureOptions, featureColumns, featuresOf } from "./features.ts";
import type { Scores } from "./hearing.ts";
import type { Mixture } from "./mixture.ts";
import { addShares, listen, type Spoken, weighedSum } from "./spoken.ts";
import type { Statistics } from "./statistics.ts";

/** Items of the history beside the candidates, the newest. */
export const MOST_REPEATS = 20;

export interface CandidateOptions extends FeatureOptions {
  readonly mixture: Mixture;
  readonly statistics: Statistics;
  /** How many beside the history's own. */
  readonly count: number;
}

/** Candidates of one user, and their features row by row. */
export interface Candidates {
  readonly items: Int32Array; // [C]
  /** How many of them are new; those of the history follow. */
  readonly fresh: number;
  readonly features: Float32Array; // [C, F]
  /** The mix at every item: the order of what is no candidate. */
  readonly mixed: Float32Array; // [N + 1]
}

/** `scores` by the whole history, `last` by its newest item alone; both are used up. */
export function candidatesOf(history: Int32Array, scores: Scores, last: Scores, options: CandidateOptions): Candidates {
  const { kinds, brief = [], statistics } = options;
  const whole = listen(scores, kinds, history);
  const wordy = Object.fromEntries(Object.entries(kinds).filter(([name]) => !brief.includes(name)));
  const mixed = mixOf(whole, history, options.mixture);
  const repeats = [...new Set(history.slice().reverse())].slice(0, MOST_REPEATS);
  const unmasked = mixed.slice();
  unmasked[0] = -Infinity;
  for (const item of history) unmasked[item] = -Infinity;
  const { indices } = selectTop(unmasked, options.count);
  const items = Int32Array.from([...indices, ...repeats]);
  const list = { history, items, whole, last: listen(last, wordy, history), mixed };
  return { items, fresh: indices.length, features: featuresOf(list, featureColumns(options), statistics), mixed };
}

/** The mix at every item, the history's own included, which count for nothing in the sums. */
function mixOf(
  whole: Readonly<Record<string, Spoken>>,
  history: Int32Array,
  { weights, prior }: Mixture,
): Float32Array {
  const mixed = new Float32Array(prior.length);
  for (const [name, weight] of Object.entries(weights)) {
    if (weight === 0) continue;
    const sum = weighedSum(whole[name], prior, history);
    if (sum > 0) addShares(whole[name], prior, weight / sum, mixed);
  }
  return mixed;
}
