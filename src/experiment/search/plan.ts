/** What a call of `search` means: a new search, or an old one, which must be what the options say. */
import { ConfigError, type Emit } from "#base";
import { findModel } from "../models.ts";
import { datasetAsBegun, expectAsBegun, expectSame, planNew, type TrainOptions } from "../plan.ts";
import { halving, type Rung } from "./halving.ts";
import type { SearchManifest, Strategy } from "./manifest.ts";
import type { SpaceSettings } from "./space.ts";
import { drawTrials, type Trial } from "./trials.ts";

/** What may be said about a search; all but `space`, `strategy`, `trials` and `eta` is said of each of its runs. */
export interface SearchOptions extends Omit<TrainOptions, "config" | "fitOn"> {
  /** Options of the model: lists, ranges { min, max, log }, or values that stay. */
  readonly space?: SpaceSettings;
  /** random by default. */
  readonly strategy?: Strategy;
  /** 16 by default. */
  readonly trials?: number;
  /** Of halving: one of so many goes on. 3 by default. */
  readonly eta?: number;
}

/** A new search. What is wrong with its space is said before the data are read, which may take long. */
export async function started(options: SearchOptions): Promise<SearchManifest> {
  const { model, space = {}, strategy = "random", trials = 16, eta = 3, seed = 1 } = options;
  expectCount("trials", trials, 1);
  expectCount("eta", eta, 2);
  const asked = { space, strategy, trials, eta, seed };
  if (model === undefined || options.data === undefined) {
    const field = model === undefined ? "model" : "data";
    throw new ConfigError(`search: ${field} is missing.`, { code: "missing-option", field });
  }
  planOf({ ...asked, model });
  const { dataset, maskHistory, split, device } = await planNew({ ...options, seed });
  return { ...asked, model, dataset, maskHistory, split, device, state: "searching", results: [] };
}

function expectCount(field: string, got: number, least: number): void {
  if (Number.isSafeInteger(got) && got >= least) return;
  throw new ConfigError(`search: ${field} = ${got}: expected a whole number from ${least} up.`, {
    code: "bad-value",
    field,
  });
}

/** An old search, once what was said agrees with it. */
export async function resumed(old: SearchManifest, options: SearchOptions): Promise<SearchManifest> {
  const { out, space, strategy, trials, eta } = options;
  expectAsBegun(out, "search", old, options);
  expectSame(out, "search", "space", old.space, space);
  expectSame(out, "search", "strategy", old.strategy, strategy);
  expectSame(out, "search", "trials", old.trials, trials);
  expectSame(out, "search", "eta", old.eta, eta);
  return { ...old, dataset: await datasetAsBegun(old.dataset, options) };
}

/** The trials and how far they go: the same at every start. */
export function planOf(
  {
    model,
    space,
    strategy,
    trials: asked,
    eta,
    seed,
  }: Pick<SearchManifest, "model" | "space" | "strategy" | "trials" | "eta" | "seed">,
  emit?: Emit,
): { readonly trials: readonly Trial[]; readonly rungs: readonly Rung[] } {
  const trials = drawTrials(model, findModel(model), space, asked, seed);
  if (trials.length < asked) {
    const text = `The space holds ${trials.length} configurations that ${model} can be built with, fewer than ${asked} trials: all are tried.`;
    emit?.({ type: "warning", text });
  }
  return { trials, rungs: strategy === "halving" ? halving(model, trials, eta) : [{ trials: trials.length }] };
}
