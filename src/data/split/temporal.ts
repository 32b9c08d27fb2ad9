/**
 * Temporal: two cut times for everyone, so that nothing is learned from what happened after a question.
 *   train = items before t₁ · valid = a user's first item in [t₁, t₂) · test = a user's first item from t₂ on,
 *   each given everything the user did before it; what is given in shares is a quantile of all interactions' times
 * Source: Meng et al., Exploring Data Splitting Strategies for the Evaluation of Recommendation Models, RecSys 2020
 * ("temporal global split"). Differs: one target a user and part; a user with nothing before the target is not asked,
 * because there is no history to answer from.
 */
import { DataError } from "#base";
import type { Histories } from "../histories.ts";
import { endingAt, type Needs, type Split, targetsAt } from "./split.ts";

/** Splits everyone's histories at two times: shares below 1 are quantiles, everything else is seconds, UTC. */
export function temporal(histories: Histories, at: readonly [number, number]): Split {
  const { starts, ends, timestamps } = histories;
  if (timestamps === undefined) {
    throw new DataError(
      "split temporal: this log has no times. Expected a time with each interaction, to cut everyone's history at the same moment.",
      { code: "no-timestamps", field: "splitBy", hint: "Import a log with times, or split by leave-two-out or ratio." },
    );
  }
  const times = at[1] < 1 ? quantiles(histories, timestamps, at) : at;
  const firstAt = (time: number) => ends.map((end, user) => lowerBound(timestamps, starts[user], end, time));
  const [trainEnds, testStarts] = [firstAt(times[0]), firstAt(times[1])];
  // A part's first item is where the part begins, unless the part is empty or nothing stands before it.
  const asked = (from: Float64Array, to: Float64Array) =>
    from.map((position, user) => (position < to[user] && position > starts[user] ? position : -1));
  const test = targetsAt(histories, asked(testStarts, ends));
  return {
    description: { name: "temporal", ...(times !== at && { at }), times },
    train: endingAt(histories, trainEnds),
    beforeTest: endingAt(histories, testStarts),
    valid: targetsAt(histories, asked(trainEnds, testStarts)),
    test,
    unevaluated: histories.users - test.count,
    needs: needsOf(times),
  };
}

function needsOf(times: readonly [number, number]): Needs {
  const [first, second] = times.map(dated);
  return {
    lacking: "have no interaction on each side of the test cut",
    expected: `something to be asked. Expected users with interactions before a cut and in the part after it; the cuts are at ${first} and ${second}`,
    hint: "Choose other cuts, for example --split-at 0.8,0.9.",
  };
}

/** A time for people; what is no date (a counter, say) as the number it is. */
function dated(time: number): string {
  const date = new Date(time * 1000);
  return Number.isNaN(date.getTime()) ? String(time) : date.toISOString().slice(0, 19).replace("T", " ");
}

/** The times at which these shares of all interactions have happened. */
function quantiles(
  histories: Histories,
  timestamps: Float64Array,
  [a, b]: readonly [number, number],
): readonly [number, number] {
  const sorted = new Float64Array(histories.interactions);
  let filled = 0;
  histories.starts.forEach((start, user) => {
    const own = timestamps.subarray(start, histories.ends[user]);
    sorted.set(own, filled);
    filled += own.length;
  });
  sorted.sort();
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))];
  return [at(a), at(b)];
}

/** The first place in `sorted[low..high]` that is not below `value`. */
function lowerBound(sorted: Float64Array, low: number, high: number, value: number): number {
  while (low < high) {
    const middle = Math.floor((low + high) / 2); // places of a large log are above 31 bits
    if (sorted[middle] < value) low = middle + 1;
    else high = middle;
  }
  return low;
}
