/**
 * Successive halving: all trials get few epochs, the best 1/η of them η times as many, and so on until the best have them
 * all.   rung k of s:  ⌊n/η^k⌋ trials, E η^(k−s) epochs
 * Source: arXiv 1603.06560, algorithm 1 (one bracket).
 * Differs: a trial is one run of E epochs that is paused at its rung and goes on from its checkpoint, so that learning
 * rates follow the schedule of E epochs from the start, and what finishes equals a run that was never paused.
 */
import { ConfigError } from "#base";
import type { Trial } from "./trials.ts";

/** How many trials go on to how many epochs; without epochs: to their end. */
export interface Rung {
  readonly trials: number;
  readonly epochs?: number;
}

/** The rungs of halving, the last one without a limit. */
export function halving(model: string, trials: readonly Trial[], eta: number): readonly Rung[] {
  const epochs = new Set(trials.map(({ paced }) => paced?.epochs));
  const [most] = epochs;
  if (most === undefined) {
    throw new ConfigError(`search: ${model} has no epochs to give out in parts. Expected --strategy random.`, {
      code: "bad-value",
      field: "strategy",
    });
  }
  if (epochs.size > 1) {
    throw new ConfigError("search: epochs are what halving gives out, so that they are the same for all trials.", {
      code: "bad-value",
      field: "epochs",
      hint: "Say one number of epochs, or take --strategy random.",
    });
  }
  // The first rung must reach a validation of every trial.
  const least = Math.max(...trials.map(({ paced }) => paced?.validateEvery ?? 1));
  let rungs = 0;
  while (eta ** (rungs + 1) <= trials.length && most / eta ** (rungs + 1) >= least) rungs++;
  return Array.from({ length: rungs + 1 }, (_, rung) => {
    const count = Math.floor(trials.length / eta ** rung);
    return rung === rungs ? { trials: count } : { trials: count, epochs: Math.round(most / eta ** (rungs - rung)) };
  });
}

/** Where a trial is paused on a rung: after the validation that is due then; undefined: nowhere. */
export function pauseOf({ paced }: Trial, { epochs }: Rung): number | undefined {
  if (paced === undefined || epochs === undefined) return undefined;
  const validated = Math.ceil(epochs / paced.validateEvery) * paced.validateEvery;
  return validated < paced.epochs ? validated : undefined;
}

/** Epochs that all trials together may take at most: what two searches must have in common to be compared. */
export function budgetOf(trials: readonly Trial[], rungs: readonly Rung[]): number {
  if (rungs.length === 1) return trials.reduce((sum, { paced }) => sum + (paced?.epochs ?? 0), 0);
  return rungs.reduce((sum, rung, at) => {
    const stop = rung.trials - (rungs[at + 1]?.trials ?? 0);
    return sum + stop * Math.max(...trials.map((trial) => pauseOf(trial, rung) ?? trial.paced?.epochs ?? 0));
  }, 0);
}
