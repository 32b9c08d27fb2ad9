/**
 * What is in a dataset, as figures: how long histories are, how many targets repeat, what is cold, what leaks, and whether
 * the texts are fit to be read. Splits and words are those of evaluation (cold: at most five training interactions).
 */
import type { Dataset } from "./dataset.ts";
import { type Leaks, leaksOf } from "./inspect/leaks.ts";
import { type Lengths, lengthsOf, repeatsOf, share, spanOf } from "./inspect/log.ts";
import { type TextQuality, textQuality } from "./inspect/texts.ts";
import type { BestReachable, Dropped } from "./manifest.ts";
import type { Split, SplitDescription, Targets } from "./split/split.ts";
import { LEAVE_TWO_OUT, type SplitChoice, splitBy } from "./split/split-by.ts";

/** At most this many training interactions make an item cold. */
export const COLD_INTERACTIONS = 5;

/** The state of a dataset, ready for JSON. */
export interface Inspection {
  readonly dataset: string;
  readonly format: string;
  readonly users: number;
  readonly items: number;
  readonly interactions: number;
  readonly hash: string;
  readonly dropped: Dropped;
  readonly warnings: readonly string[];
  readonly lengths: Lengths;
  /** Share of all user-item pairs that are in the log (an upper bound where items come again). */
  readonly density: number;
  /** Users with fewer than three interactions. */
  readonly shortUsers: number;
  /** First and last time, seconds UTC, where the log has times. */
  readonly time?: { readonly first: number; readonly last: number };
  /** Repeated purchases among all interactions, and those of the very item before. */
  readonly repeatedInteractions: number;
  readonly repeatedAtOnce: number;
  /** What everything below is a figure of. */
  readonly split: SplitDescription;
  /** How many targets each part has, and how many users have no test target: trained on, never evaluated. */
  readonly targets: { readonly valid: number; readonly test: number };
  readonly unevaluated: number;
  /** Share of targets that stand in their history: unreachable while the history is masked. */
  readonly repeats: { readonly valid: number; readonly test: number };
  readonly cold: {
    /** Items with at most five training interactions, and with none. */
    readonly items: number;
    readonly neverTrained: number;
    /** Share of test targets that are such items: few training interactions, none at all. */
    readonly testTargets: number;
    readonly neverTrainedTargets: number;
  };
  readonly leaks: Leaks;
  readonly text: TextQuality;
  /** Known of made data, for leave-two-out. */
  readonly bestReachable?: BestReachable;
}

/** Measures a dataset, split as chosen (leave-two-out by default). */
export function inspect(dataset: Dataset, choice: SplitChoice = LEAVE_TWO_OUT): Inspection {
  const { histories, manifest, catalogue } = dataset;
  const split = splitBy(histories, choice);
  const { name, format, users, items, interactions, hash, dropped, warnings, bestReachable } = manifest;
  const { repeated, atOnce } = repeatsOf(histories, catalogue.size);
  const shortUsers = histories.ends.filter((end, user) => end - histories.starts[user] < 3).length;
  return {
    dataset: name,
    format,
    users,
    items,
    interactions,
    hash,
    dropped,
    warnings,
    lengths: lengthsOf(histories),
    density: share(interactions, users * items),
    shortUsers,
    ...(histories.timestamps && { time: spanOf(histories.timestamps) }),
    repeatedInteractions: repeated,
    repeatedAtOnce: atOnce,
    split: split.description,
    targets: { valid: split.valid.count, test: split.test.count },
    unevaluated: split.unevaluated,
    repeats: { valid: repeatShare(split.valid), test: repeatShare(split.test) },
    cold: coldOf(split, catalogue.size),
    leaks: leaksOf(histories, catalogue, split),
    text: textQuality(catalogue.rows),
    ...(bestReachable && choice.by === LEAVE_TWO_OUT.by && { bestReachable }),
  };
}

function repeatShare(targets: Targets): number {
  let repeats = 0;
  for (let k = 0; k < targets.count; k++) repeats += Number(targets.historyOf(k).includes(targets.targets[k]));
  return share(repeats, targets.count);
}

function coldOf({ train, test }: Split, size: number): Inspection["cold"] {
  const counts = new Int32Array(size + 1);
  for (let user = 0; user < train.users; user++) for (const item of train.of(user)) counts[item]++;
  const atMost = (most: number) => ({
    items: counts.subarray(1).filter((count) => count <= most).length,
    targets: share(test.targets.filter((target) => counts[target] <= most).length, test.count),
  });
  const [cold, never] = [atMost(COLD_INTERACTIONS), atMost(0)];
  return {
    items: cold.items,
    neverTrained: never.items,
    testTargets: cold.targets,
    neverTrainedTargets: never.targets,
  };
}
