/** Figures of a log as it is, before any split: how long histories are, how often items come again, over what time. */
import type { Histories } from "../histories.ts";

/** How far the lengths of histories spread. */
export interface Lengths {
  readonly min: number;
  readonly median: number;
  readonly mean: number;
  readonly p90: number;
  readonly max: number;
}

/** A part of a whole, 0 of nothing. */
export const share = (part: number, whole: number) => (whole === 0 ? 0 : part / whole);

/** The lengths of all histories. */
export function lengthsOf(histories: Histories): Lengths {
  const lengths = Int32Array.from({ length: histories.users }, (_, user) => histories.lengthOf(user)).sort();
  const quantile = (q: number) => lengths[Math.min(lengths.length - 1, Math.floor(q * lengths.length))] ?? 0;
  return {
    min: lengths[0] ?? 0,
    median: quantile(0.5),
    mean: share(histories.interactions, histories.users),
    p90: quantile(0.9),
    max: lengths.at(-1) ?? 0,
  };
}

/** First and last time. */
export function spanOf(timestamps: Float64Array) {
  let [first, last] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const time of timestamps) {
    first = Math.min(first, time);
    last = Math.max(last, time);
  }
  return { first, last };
}

/** Interactions with an item that the user took before; `atOnce`: that was also the one right before. */
export function repeatsOf(histories: Histories, size: number): { repeated: number; atOnce: number } {
  // One pass, one mark an item: a set for every user would be an object for every interaction.
  const lastUser = new Int32Array(size + 1).fill(-1);
  let [repeated, atOnce] = [0, 0];
  for (let user = 0; user < histories.users; user++) {
    let before = 0;
    for (const item of histories.of(user)) {
      repeated += Number(lastUser[item] === user);
      atOnce += Number(item === before);
      lastUser[item] = user;
      before = item;
    }
  }
  return { repeated, atOnce };
}
