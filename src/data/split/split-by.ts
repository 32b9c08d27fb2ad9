/**
 * The splits by name, and how one is chosen: `--split-by temporal --split-at 0.8,0.9`. A run records its choice, and every
 * question that is asked of it later is split the same way.
 */
import { ConfigError } from "#base";
import type { Histories } from "../histories.ts";
import { leaveTwoOut } from "./leave-two-out.ts";
import { ratio } from "./ratio.ts";
import type { Split } from "./split.ts";
import { temporal } from "./temporal.ts";

/** One line a split; those that cut at two places take them. */
const SPLITS = {
  "leave-two-out": (histories) => leaveTwoOut(histories),
  temporal: (histories, at) => temporal(histories, at ?? DEFAULT_CUTS),
  ratio: (histories, at) => ratio(histories, at ?? DEFAULT_CUTS),
} satisfies Record<string, (histories: Histories, at?: Cuts) => Split>;

/** Where validation and test begin. */
export type Cuts = readonly [number, number];
const DEFAULT_CUTS: Cuts = [0.8, 0.9];

/** The name of a split. */
export type SplitName = keyof typeof SPLITS;
/** All of them, the default first. */
export const SPLIT_NAMES = Object.keys(SPLITS) as [SplitName, ...SplitName[]]; // as: the record's own keys, not none

/** Which split; leave-two-out where nobody chooses. */
export interface SplitChoice {
  readonly by: SplitName;
  /** Where validation and test begin: shares below 1, for temporal also seconds (UTC). 0.8 and 0.9 by default. */
  readonly at?: Cuts;
}

/** What may be said of a split, before it is checked; `splitChoice` fills in the rest. */
export interface SplitOptions {
  readonly by?: SplitName;
  readonly at?: readonly number[];
}

/** What every run does that says nothing. */
export const LEAVE_TWO_OUT: SplitChoice = { by: "leave-two-out" };

/** Checks a choice and completes it, so that a wrong one is found before anything is read. */
export function splitChoice({ by = LEAVE_TWO_OUT.by, at }: SplitOptions = {}): SplitChoice {
  if (!SPLIT_NAMES.includes(by)) {
    throw new ConfigError(`split "${by}": expected ${SPLIT_NAMES.join(", ")}.`, {
      code: "bad-value",
      field: "splitBy",
    });
  }
  if (at === undefined) return by === LEAVE_TWO_OUT.by ? LEAVE_TWO_OUT : { by, at: DEFAULT_CUTS };
  const bad = (expected: string) =>
    new ConfigError(`splitAt = ${at.join(",")}: expected ${expected}.`, { code: "bad-value", field: "splitAt" });
  if (by === "leave-two-out") throw bad("nothing, because leave-two-out has no cuts; choose temporal or ratio");
  const [valid, test] = at;
  const shares = valid > 0 && valid < test && test < 1;
  const seconds = by === "temporal" && valid >= 1 && valid < test && Number.isFinite(test);
  if (at.length !== 2 || !(shares || seconds)) {
    const times = by === "temporal" ? ", or two rising times in seconds since 1970 (UTC)" : "";
    throw bad(`two rising shares between 0 and 1, where validation and test begin (0.8,0.9)${times}`);
  }
  return { by, at: [valid, test] };
}

/** Splits histories as chosen. */
export function splitBy(histories: Histories, { by, at }: SplitChoice = LEAVE_TWO_OUT): Split {
  return SPLITS[by](histories, at);
}
