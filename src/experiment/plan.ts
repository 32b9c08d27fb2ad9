/**
 * What a call of `train` means: a new run, whose manifest follows from the options and the defaults, or an old one, which
 * must be what the options say.
 */
import { isDeepStrictEqual } from "node:util";
import { ConfigError, type Emit, parseConfig, silent } from "#base";
import { LEAVE_TWO_OUT, type SplitOptions, splitChoice } from "#data";
import type { Runtime } from "#tensor";
import type { FitOn } from "./fit-on.ts";
import { type Importing, LAYOUT, type RunManifest } from "./manifest.ts";
import { describeDataset, expectUnchanged, locateDataset } from "./material.ts";
import { begunConfig, findModel, models } from "./models.ts";
import { versions } from "./versions.ts";

/** What may be said about a training. */
export interface TrainOptions {
  /** The run directory to make, or to continue. */
  readonly out: string;
  /** A prepared dataset, or any source. */
  readonly data?: string;
  readonly model?: string;
  /** Options of the model; the rest are its defaults. */
  readonly config?: Readonly<Record<string, unknown>>;
  /** 1 by default. */
  readonly seed?: number;
  /** Whether validation hides what stands in the history; it does by default. */
  readonly maskHistory?: boolean;
  /** How validation and test are cut off; leave-two-out by default. */
  readonly split?: SplitOptions;
  /** What the model is fitted on; more than train takes over what a fit on train chooses first. */
  readonly fitOn?: FitOn;
  /** Continues an interrupted run; where there is none, starts. */
  readonly resume?: boolean;
  /** How a source is read. */
  readonly importing?: Importing;
  readonly runtime?: Partial<Runtime>;
  /** What a stage may take at once; half of the machine's memory by default. */
  readonly memoryBytes?: number;
  /** Seconds between two checkpoints. */
  readonly checkpointSeconds?: number;
  readonly emit?: Emit;
  readonly signal?: AbortSignal;
}

/** A new run's manifest. Everything a user can get wrong is found here, before anything is written. */
export async function planNew(options: TrainOptions, described?: RunManifest["dataset"]): Promise<RunManifest> {
  const {
    data,
    model,
    config = {},
    seed = 1,
    maskHistory = true,
    fitOn = "train",
    importing = {},
    emit = silent,
    signal,
  } = options;
  if (model === undefined) throw missing("model", `one of ${Object.keys(models()).join(", ")}`);
  const parsed = parseConfig(findModel(model).config, config, model);
  const split = splitChoice(options.split);
  const describe = () => {
    if (data === undefined) throw missing("data", "a prepared dataset, or a source");
    return describeDataset(data, importing, emit, signal);
  };
  return {
    layout: LAYOUT,
    model,
    config: parsed,
    seed,
    dataset: described ?? (await describe()),
    maskHistory,
    ...(split.by !== LEAVE_TWO_OUT.by && { split }),
    fitOn,
    device: options.runtime?.device ?? "cpu",
    versions: versions(),
    state: "training",
    seconds: 0,
  };
}

/** An old run's manifest, once everything that was said agrees with it. What was not said is as it was. */
export async function planResumed(manifest: RunManifest, options: TrainOptions): Promise<RunManifest> {
  const { out, data, emit = silent } = options;
  expectAsBegun(out, "run", manifest, options);
  expectSame(out, "run", "fitOn", manifest.fitOn, options.fitOn);
  const schema = findModel(manifest.model).config;
  const begun = parseConfig(schema, begunConfig(manifest), manifest.model); // options that came later: as they were, or their defaults
  const config = parseConfig(schema, { ...begun, ...options.config }, manifest.model);
  for (const [key, value] of Object.entries(config)) expectSame(out, "run", key, begun[key], value);
  if (manifest.versions.deftrec !== versions().deftrec) {
    emit({
      type: "warning",
      text: `${out} was begun by deftrec ${manifest.versions.deftrec}; this is ${versions().deftrec}, and may go on differently.`,
    });
  }
  if (data === undefined && manifest.state === "finished") return manifest;
  return { ...manifest, config: begun, dataset: await datasetAsBegun(manifest.dataset, options) };
}

/** Fails where an option says something else than what a run, or a search, was begun with. */
export function expectAsBegun(
  out: string,
  what: "run" | "search",
  begun: Pick<RunManifest, "model" | "seed" | "maskHistory" | "split">,
  options: Pick<TrainOptions, "model" | "seed" | "maskHistory" | "split">,
): void {
  expectSame(out, what, "model", begun.model, options.model);
  expectSame(out, what, "seed", begun.seed, options.seed);
  expectSame(out, what, "maskHistory", begun.maskHistory, options.maskHistory);
  const { by, at } = begun.split ?? LEAVE_TWO_OUT;
  expectSame(out, what, "splitBy", by, options.split?.by);
  expectSame(out, what, "splitAt", at, options.split?.at);
}

/** Where the data of a run, or of a search, are today; other data are refused. */
export async function datasetAsBegun(
  dataset: RunManifest["dataset"],
  { out, data, importing, emit = silent, signal }: TrainOptions,
): Promise<RunManifest["dataset"]> {
  if (data === undefined) return { ...dataset, path: (await locateDataset(out, dataset, emit, signal)).directory };
  const now = await describeDataset(data, importing ?? dataset.importing, emit, signal);
  expectUnchanged(out, data, dataset.hash, now.hash);
  return now;
}

/** Fails where `now` was said and is not what it was. */
export function expectSame(out: string, what: "run" | "search", key: string, then: unknown, now: unknown): void {
  if (now === undefined || isDeepStrictEqual(then, now)) return;
  const anew = what === "run" ? "train a new run" : "search anew";
  throw new ConfigError(
    `${out}: this ${what} was begun with ${key} = ${JSON.stringify(then)}, not ${JSON.stringify(now)}. A resumed ${what} goes on as it began.`,
    { code: "run-mismatch", field: key, hint: `Leave ${key} out, or ${anew} under another --out.` },
  );
}

function missing(field: string, what: string): ConfigError {
  return new ConfigError(`train: ${field} is missing. Expected ${what}.`, { code: "missing-option", field });
}
