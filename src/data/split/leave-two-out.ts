/**
 * Leave-two-out: of every user the last item is the test target, the one before the validation target, the rest is
 * trained on.   train = items[:-2] · valid = items[-2] given items[:-2] · test = items[-1] given items[:-1]
 * Source: specs/00 B.1. A user with fewer than three items has no target: all of their items stay in training.
 * Views over one array: no interaction is copied.
 */
import { Histories } from "../histories.ts";

/** What is asked of a model: one hidden item a user, and the history it may see. */
export interface Targets {
  readonly count: number;
  /** Row of the k-th user in the histories that were split. */
  readonly users: Int32Array;
  /** Catalogue index of the k-th hidden item. */
  readonly targets: Int32Array;
  /** What the k-th user did before it, oldest first: a view. */
  historyOf(k: number): Int32Array;
}

/** Training histories beside the two sets of questions. */
export interface Split {
  readonly name: string;
  /** One row a user, in the order of the split histories. */
  readonly train: Histories;
  readonly valid: Targets;
  readonly test: Targets;
  /** Users too short to have targets; they are trained on and never asked. */
  readonly unevaluated: number;
}

/** Fewest interactions with which a user has something to train on beside both targets. */
const SHORTEST = 3;

/** Splits every history into training items, a validation target and a test target. */
export function leaveTwoOut(histories: Histories): Split {
  const { users: count, starts, ends } = histories;
  const users = new Int32Array(count);
  const trainEnds = ends.slice();
  let evaluated = 0;
  for (let user = 0; user < count; user++) {
    if (ends[user] - starts[user] < SHORTEST) continue;
    trainEnds[user] = ends[user] - 2;
    users[evaluated++] = user;
  }
  const asked = users.slice(0, evaluated);
  return {
    name: "leave-two-out",
    train: new Histories(histories.items, starts, trainEnds, histories.timestamps),
    valid: targetsFromEnd(histories, asked, 2),
    test: targetsFromEnd(histories, asked, 1),
    unevaluated: count - evaluated,
  };
}

/** The item `back` places from the end of each user's history, and what stands before it. */
function targetsFromEnd(histories: Histories, users: Int32Array, back: number): Targets {
  const targets = users.map((user) => histories.items[histories.ends[user] - back]);
  const historyOf = (k: number) =>
    histories.items.subarray(histories.starts[users[k]], histories.ends[users[k]] - back);
  return { count: users.length, users, targets, historyOf };
}
