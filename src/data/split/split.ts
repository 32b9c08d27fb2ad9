/**
 * What a split is: training histories beside two sets of questions, all of them views over one array.
 * Every split asks a user for at most one item each in validation and test, shows a model what the user did before it,
 * and trains on nothing that a validation question hides.
 */
import { Histories } from "../histories.ts";

/** What is asked of a model: one hidden item a user, and the history it may see. */
export interface Targets {
  readonly count: number;
  /** Row of the k-th user in the histories that were split. */
  readonly users: Int32Array;
  /** Catalogue index of the k-th hidden item. */
  readonly targets: Int32Array;
  /** When the k-th hidden item was taken; absent where the log has no times. */
  readonly timestamps?: Float64Array;
  /** What the k-th user did before it, oldest first: a view. */
  historyOf(k: number): Int32Array;
}

/** Training histories beside the two sets of questions. */
export interface Split {
  readonly description: SplitDescription;
  /** One row a user, in the order of the split histories. */
  readonly train: Histories;
  /** Everything before the test part: `train`, and what only validation hides. */
  readonly beforeTest: Histories;
  readonly valid: Targets;
  readonly test: Targets;
  /** Users without a test target; they are trained on and never asked. */
  readonly unevaluated: number;
  readonly needs: Needs;
}

/** What a user needs to be asked, for warnings and errors. */
export interface Needs {
  /** "3 users …": those who are not asked. */
  readonly lacking: string;
  /** "none of its users has …". */
  readonly expected: string;
  readonly hint: string;
}

/** How a split cut, ready for a protocol. */
export interface SplitDescription {
  readonly name: string;
  /** Shares after which validation and test begin. */
  readonly at?: readonly [number, number];
  /** The cut times themselves, seconds UTC. */
  readonly times?: readonly [number, number];
}

/** Questions out of the places of the hidden items: user u is asked for `items[positions[u]]`, or not at all (-1). */
export function targetsAt(histories: Histories, positions: Float64Array): Targets {
  const { items, starts, timestamps } = histories;
  const users = Int32Array.from(positions.keys()).filter((user) => positions[user] >= 0);
  return {
    count: users.length,
    users,
    targets: users.map((user) => items[positions[user]]),
    ...(timestamps && { timestamps: Float64Array.from(users, (user) => timestamps[positions[user]]) }),
    historyOf: (k) => items.subarray(starts[users[k]], positions[users[k]]),
  };
}

/** The same users with other ends: a view. */
export function endingAt({ items, starts, timestamps }: Histories, ends: Float64Array): Histories {
  return new Histories(items, starts, ends, timestamps);
}
