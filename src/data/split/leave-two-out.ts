/**
 * Leave-two-out: of every user the last item is the test target, the one before the validation target, the rest is
 * trained on.   train = items[:-2] · valid = items[-2] given items[:-2] · test = items[-1] given items[:-1]
 * Source: specs/00 B.1. A user with fewer than three items has no target: all of their items stay in training.
 */
import type { Histories } from "../histories.ts";
import { endingAt, type Needs, type Split, targetsAt } from "./split.ts";

/** Fewest interactions with which a user has something to train on beside both targets. */
export const SHORTEST = 3;

/** What that asks of users, in words. */
export const THREE_ITEMS: Needs = {
  lacking: "have fewer than three interactions",
  expected:
    "three interactions. Expected users with at least three: one to learn from, one to validate on, one to test on",
  hint: "Use a longer log.",
};

/** Splits every history into training items, a validation target and a test target. */
export function leaveTwoOut(histories: Histories): Split {
  const { ends } = histories;
  const asked = (user: number) => histories.lengthOf(user) >= SHORTEST;
  const fromEnd = (back: number) =>
    targetsAt(
      histories,
      ends.map((end, user) => (asked(user) ? end - back : -1)),
    );
  const without = (count: number) =>
    endingAt(
      histories,
      ends.map((end, user) => (asked(user) ? end - count : end)),
    );
  const test = fromEnd(1);
  return {
    description: { name: "leave-two-out" },
    train: without(2),
    beforeTest: without(1),
    valid: fromEnd(2),
    test,
    unevaluated: histories.users - test.count,
    needs: THREE_ITEMS,
  };
}
