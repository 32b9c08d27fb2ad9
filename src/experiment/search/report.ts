/** What a search answers with. */
import { join } from "node:path";
import { SELECTION } from "../job.ts";
import { budgetOf, type Rung } from "./halving.ts";
import type { SearchManifest, Strategy, TrialResult } from "./manifest.ts";
import type { Trial } from "./trials.ts";

/** What a search found, best first. */
export interface SearchReport {
  /** The directory. */
  readonly search: string;
  readonly model: string;
  readonly dataset: string;
  readonly strategy: Strategy;
  readonly seed: number;
  readonly metric: string;
  readonly split: "valid";
  /** Trials that were run, and the epochs they might take in all: equal for searches that are compared. */
  readonly budget: { readonly trials: number; readonly epochs: number };
  readonly rungs: readonly Rung[];
  readonly best: { readonly trial: string; readonly run: string; readonly value: number; readonly config: Settings };
  readonly trials: readonly TrialReport[];
  readonly seconds: number;
}

type Settings = Readonly<Record<string, unknown>>;

export interface TrialReport {
  readonly trial: string;
  readonly config: Settings;
  /** Absent where it cannot be trained. */
  readonly value?: number;
  /** Rungs that it reached. */
  readonly rungs: number;
  readonly seconds: number;
  readonly finished: boolean;
  readonly failed?: string;
}

/** The report of results that stand best first. */
export function reportOf(
  out: string,
  manifest: SearchManifest,
  trials: readonly Trial[],
  rungs: readonly Rung[],
  ordered: readonly TrialResult[],
): SearchReport {
  const [{ trial, config, values }] = ordered;
  return {
    search: out,
    model: manifest.model,
    dataset: manifest.dataset.name,
    strategy: manifest.strategy,
    seed: manifest.seed,
    metric: SELECTION.metric,
    split: "valid",
    budget: { trials: trials.length, epochs: budgetOf(trials, rungs) },
    rungs,
    best: { trial, run: join(out, trial), value: values[values.length - 1], config },
    trials: ordered.map(({ values: reached, ...rest }) => ({ ...rest, value: reached.at(-1), rungs: reached.length })),
    seconds: ordered.reduce((sum, { seconds }) => sum + seconds, 0),
  };
}
