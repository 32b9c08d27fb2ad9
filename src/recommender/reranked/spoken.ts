/**
 * What experts say of one user, as shares of probability over the items outside the history.
 *   p = softmax(s) (logits) or s (mass)      mass = Σ p outside the history      share_i = p_i / mass
 * Most masses are of a few hundred items out of a catalogue of thousands: those are listed, and no more is looked at.
 */
import { ReachedRow } from "#retrieval";
import type { ExpertKind } from "../fusion/share.ts";
import type { Scores } from "./hearing.ts";

/** What one expert says of one user. */
export interface Spoken {
  /** p of every item, [N + 1]. */
  readonly probabilities: Float32Array;
  /** A share is p times this; 0 where nothing was said. */
  readonly factor: number;
  readonly mass: number;
  /** The greatest share outside the history. */
  readonly highest: number;
  /** Items with p > 0, ascending, where the others are known to have none. */
  readonly touched?: Int32Array;
}

/** An item's share, as float32: those outside the history sum to 1. */
export function shareOf({ probabilities, factor }: Spoken, item: number): number {
  return Math.fround(probabilities[item] * factor);
}

/** What each of these experts says; `scores` [N + 1] by expert are used up. */
export function listen(
  scores: Scores,
  kinds: Readonly<Record<string, ExpertKind>>,
  history: Int32Array,
): Record<string, Spoken> {
  const hidden = Int32Array.from(new Set(history)).sort();
  return Object.fromEntries(
    Object.entries(kinds).map(([name, kind]) => {
      const own = scores[name];
      if (own instanceof ReachedRow) return [name, summed(own.sums, own.items(), hidden)] as const;
      return [name, kind === "logits" ? softmaxed(own, hidden) : counted(own, hidden)] as const;
    }),
  );
}

/** Σ share_i weights_i over the items outside the history. */
export function weighedSum(spoken: Spoken, weights: Float32Array, history: Iterable<number>): number {
  const { probabilities, touched } = spoken;
  let sum = 0;
  if (touched !== undefined) for (const item of touched) sum += shareOf(spoken, item) * weights[item];
  else for (let item = 1; item < probabilities.length; item++) sum += shareOf(spoken, item) * weights[item];
  for (const item of new Set(history)) sum -= shareOf(spoken, item) * weights[item];
  return sum;
}

/** out_i += factor · share_i · weights_i */
export function addShares(spoken: Spoken, weights: Float32Array, factor: number, out: Float32Array): void {
  const { touched } = spoken;
  if (touched !== undefined) for (const item of touched) out[item] += factor * shareOf(spoken, item) * weights[item];
  else for (let item = 1; item < out.length; item++) out[item] += factor * shareOf(spoken, item) * weights[item];
}

function softmaxed(scores: Float32Array, hidden: Int32Array): Spoken {
  scores[0] = -Infinity;
  let most = -Infinity;
  for (let item = 1; item < scores.length; item++) if (scores[item] > most) most = scores[item];
  let sum = 0;
  for (let item = 0; item < scores.length; item++) {
    const e = Math.exp(scores[item] - most);
    sum += e;
    scores[item] = e;
  }
  let mass = 0;
  let highest = 0;
  let next = 0; // of the hidden ones
  for (let item = 0; item < scores.length; item++) {
    const p = Math.fround(scores[item] / sum);
    scores[item] = p;
    if (next < hidden.length && hidden[next] === item) {
      next++;
      continue;
    }
    mass += p;
    if (p > highest) highest = p;
  }
  return { probabilities: scores, ...shared(mass, highest) };
}

/** Places of `counted`, to be copied from. */
let scratch = new Int32Array(0);

function counted(scores: Float32Array, hidden: Int32Array): Spoken {
  if (scratch.length < scores.length) scratch = new Int32Array(scores.length);
  let count = 0;
  for (let item = 1; item < scores.length; item++) if (scores[item] !== 0) scratch[count++] = item;
  return summed(scores, scratch.subarray(0, count), hidden);
}

/** A mass that is 0 but for the items of `reached`. */
function summed(scores: Float32Array, reached: Int32Array, hidden: Int32Array): Spoken {
  scores[0] = 0;
  let count = 0;
  const touched = new Int32Array(reached.length);
  for (const item of reached) {
    // A mass is never below 0; what is not a number stays one, so that whoever ranks it can say so.
    if (scores[item] < 0) scores[item] = 0;
    else if (scores[item] !== 0) touched[count++] = item;
  }
  return spokenOf(scores, touched.subarray(0, count), hidden);
}

function spokenOf(scores: Float32Array, touched: Int32Array, hidden: Int32Array): Spoken {
  let mass = 0;
  let highest = 0;
  let next = 0;
  for (const item of touched) {
    while (next < hidden.length && hidden[next] < item) next++;
    if (next < hidden.length && hidden[next] === item) continue;
    const p = scores[item];
    mass += p;
    if (p > highest) highest = p;
  }
  return { probabilities: scores, touched, ...shared(mass, highest) };
}

function shared(mass: number, most: number) {
  const factor = mass > 0 ? 1 / mass : 0;
  return { mass, factor, highest: Math.fround(most * factor) };
}
