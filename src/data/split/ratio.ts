/**
 * Ratio: of every user the first share is trained on, validation follows, test is the rest; asked is the first item of each
 * part.   n items, shares a < b:   train = items[:⌊an⌉] · valid = items[⌊an⌉] · test = items[⌊bn⌉], given everything before
 * Source: the ratio split of RecBole ("RS", ordered by time, by user). A user with fewer than three items has no target.
 * Differs: one target a part instead of all of its items, so that each answer sees everything before it; parts are never
 * empty, so that with three items this is leave-two-out.
 */
import type { Histories } from "../histories.ts";
import { SHORTEST, THREE_ITEMS } from "./leave-two-out.ts";
import { endingAt, type Split, targetsAt } from "./split.ts";

/** Splits every history at the shares `at` of its length. */
export function ratio(histories: Histories, at: readonly [number, number]): Split {
  const { starts, ends } = histories;
  const trainEnds = ends.slice();
  const testStarts = ends.slice();
  const [valid, test] = [new Float64Array(ends.length).fill(-1), new Float64Array(ends.length).fill(-1)];
  for (let user = 0; user < ends.length; user++) {
    const length = histories.lengthOf(user);
    if (length < SHORTEST) continue;
    const second = Math.min(Math.max(Math.round(at[1] * length), 2), length - 1);
    const first = Math.min(Math.max(Math.round(at[0] * length), 1), second - 1);
    trainEnds[user] = valid[user] = starts[user] + first;
    testStarts[user] = test[user] = starts[user] + second;
  }
  const tested = targetsAt(histories, test);
  return {
    description: { name: "ratio", at },
    train: endingAt(histories, trainEnds),
    beforeTest: endingAt(histories, testStarts),
    valid: targetsAt(histories, valid),
    test: tested,
    unevaluated: histories.users - tested.count,
    needs: THREE_ITEMS,
  };
}
