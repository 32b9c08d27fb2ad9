/**
 * `train`, from options to a finished run directory:
 *   manifest.json · lock while someone works on it · log.jsonl · checkpoints/ until a stage is finished · stages/ · choices.json ·
 *   metrics.json · selection/ while a fit on train chooses for a fit on more
 */
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { type Emit, InterruptedError, silent, writeJson } from "#base";
import { type Job, type JobResult, SELECTION, SELECTION_FOLDER } from "./job.ts";
import { logTo } from "./log.ts";
import { type RunManifest, readManifest, type TrainSummary, writeManifest } from "./manifest.ts";
import { alreadyThere, createDirectory, exists, isEmpty, lockIn } from "./paths.ts";
import { planNew, planResumed, type TrainOptions } from "./plan.ts";
import { memoryShare, runtimeOf } from "./runtime.ts";
import { inThread } from "./thread.ts";

/** What a search says of a run that is one of its trials. */
export interface Within {
  /** The data of all trials, described once. */
  readonly dataset?: RunManifest["dataset"];
  /** Interrupts the run when a stage has had so many epochs. */
  readonly pauseAfter?: Job["pauseAfter"];
}

/** Trains all stages of a model; interrupted, it leaves a run that `resume` continues as if it had never stopped. */
export async function trainRun(options: TrainOptions, within: Within = {}): Promise<TrainSummary> {
  const { out } = options;
  const old = await manifestAt(out, options.resume ?? false);
  const manifest = old === undefined ? await planNew(options, within.dataset) : await planResumed(old, options);
  if (manifest.summary !== undefined) return manifest.summary;
  if (old === undefined) await createDirectory(out, "run", (directory) => writeManifest(directory, manifest));
  await using _lock = await lockIn(out, "run", old === undefined);
  try {
    return await work(manifest, options, within.pauseAfter);
  } catch (cause) {
    // A run that failed before it kept anything is nothing to resume; its name is free again.
    if (old === undefined && !(cause instanceof InterruptedError) && !(await kept(out)))
      await rm(out, { recursive: true });
    throw cause;
  }
}

async function work(
  manifest: RunManifest,
  options: TrainOptions,
  pauseAfter: Job["pauseAfter"],
): Promise<TrainSummary> {
  const { out, signal, checkpointSeconds } = options;
  const emit = both(options.emit ?? silent, logTo(out));
  const startedAt = performance.now();
  const seconds = () => manifest.seconds + (performance.now() - startedAt) / 1000;
  const { model, config, seed, maskHistory, split, fitOn } = manifest;
  const runtime = runtimeOf({ device: manifest.device, ...options.runtime });
  const job = {
    run: out,
    model,
    config,
    seed,
    dataset: manifest.dataset.path,
    maskHistory,
    split,
    fitOn,
    runtime,
    memoryBytes: options.memoryBytes ?? memoryShare(),
    checkpointSeconds,
    pauseAfter,
  };
  try {
    const result = await inThread(job, emit, signal);
    const summary = summaryOf(manifest, out, result, seconds());
    await writeJson(join(out, "metrics.json"), { valid: result.choices.valid });
    await writeManifest(out, { ...manifest, state: "finished", seconds: seconds(), summary });
    await rm(join(out, "checkpoints"), { recursive: true, force: true });
    await rm(join(out, SELECTION_FOLDER), { recursive: true, force: true });
    return summary;
  } catch (cause) {
    if (!(cause instanceof InterruptedError)) throw cause;
    await writeManifest(out, { ...manifest, seconds: seconds() });
    throw new InterruptedError(`${out}: interrupted. What was done is kept; nothing needs to be done twice.`, {
      hint: `Continue with: deftrec train --resume --out ${out}`,
      cause,
    });
  }
}

function summaryOf(manifest: RunManifest, out: string, { stages, choices }: JobResult, seconds: number): TrainSummary {
  const { metric } = SELECTION;
  return {
    run: out,
    model: manifest.model,
    dataset: manifest.dataset.name,
    seed: manifest.seed,
    stages: stages.flatMap(({ name, steps, seconds: spent, skipped }) =>
      skipped ? [] : [{ name, steps, seconds: spent }],
    ),
    best: { metric, split: "valid", value: choices.valid.metrics[metric] },
    seconds,
    peakMemoryBytes: process.resourceUsage().maxRSS * 1024,
  };
}

/** The manifest of the run that is at `out`, undefined where a new one may be made. */
async function manifestAt(out: string, resume: boolean): Promise<RunManifest | undefined> {
  if (!(await exists(out))) return undefined;
  if (resume) return (await isEmpty(out)) ? undefined : readManifest(out);
  throw alreadyThere(out, "run");
}

async function kept(out: string): Promise<boolean> {
  const kept = await Promise.all(["checkpoints", "stages", SELECTION_FOLDER].map((name) => exists(join(out, name))));
  return kept.includes(true);
}

function both(a: Emit, b: Emit): Emit {
  return (event) => {
    a(event);
    b(event);
  };
}
