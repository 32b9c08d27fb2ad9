/**
 * A user's candidates: the best of a mix of the experts (mixture.ts), and the items of the history, which only count
 * where they may be recommended again.
 *   mixed_i = Σ_e w_e · share_e(i) z_i^a / Σ_j share_e(j) z_j^a      sums over the items outside the history
 */
import { selectTop } from "#retrieval";
import { type ExpertKind, massOf, toProbabilities } from "../fusion/share.ts";
import { type FeatureOptions, featureColumns, featuresOf, type Spoken } from "./features.ts";
import type { Mixture } from "./mixture.ts";
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

/** Scores [N + 1] by expert. */
export type Scores = Readonly<Record<string, Float32Array>>;

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

/** What each of these experts says. */
export function listen(
  scores: Scores,
  kinds: Readonly<Record<string, ExpertKind>>,
  history: Int32Array,
): Record<string, Spoken> {
  const hidden = [...new Set(history)];
  return Object.fromEntries(
    Object.entries(kinds).map(([name, kind]) => [name, speak(scores[name], kind, hidden)] as const),
  );
}

function speak(scores: Float32Array, kind: ExpertKind, hidden: readonly number[]): Spoken {
  toProbabilities(scores, kind);
  const own = hidden.map((item) => scores[item]);
  for (const item of hidden) scores[item] = 0;
  const mass = massOf(scores);
  let highest = 0;
  const factor = mass > 0 ? 1 / mass : 0;
  for (let item = 1; item < scores.length; item++) {
    scores[item] *= factor;
    if (scores[item] > highest) highest = scores[item];
  }
  hidden.forEach((item, at) => {
    scores[item] = own[at] * factor;
  });
  return { shares: scores, mass, highest };
}

/** The mix at every item, the history's own included, which count for nothing in the sums. */
function mixOf(
  whole: Readonly<Record<string, Spoken>>,
  history: Int32Array,
  { weights, prior }: Mixture,
): Float32Array {
  const mixed = new Float32Array(prior.length);
  const hidden = [...new Set(history)];
  for (const [name, weight] of Object.entries(weights)) {
    if (weight === 0) continue;
    const { shares } = whole[name];
    const sum = weighedSum(shares, prior, hidden);
    if (sum <= 0) continue;
    const factor = weight / sum;
    for (let item = 1; item < mixed.length; item++) mixed[item] += factor * shares[item] * prior[item];
  }
  return mixed;
}

/** Σ share_i prior_i over the items that are not hidden. */
export function weighedSum(shares: Float32Array, prior: Float32Array, hidden: readonly number[]): number {
  let sum = 0;
  for (let item = 1; item < shares.length; item++) sum += shares[item] * prior[item];
  for (const item of hidden) sum -= shares[item] * prior[item];
  return sum;
}
