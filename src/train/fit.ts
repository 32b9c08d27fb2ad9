/**
 * Trains a recommender: its stages one after the other, each from where it stopped. The trainer has never heard of a
 * metric; it is given `validate`.
 */
import type { Key } from "#random";
import type { Artifact, Computed, Context, Earlier, Learned, Recommender, TrainView } from "#recommender";
import { learn, type Validate } from "./learn.ts";
import { type Finished, forgetful, type Store } from "./store.ts";

export interface FitOptions {
  readonly recommender: Recommender;
  /** The training view; stages that withhold more see less of it. */
  readonly data: TrainView;
  readonly key: Key;
  readonly context: Context;
  readonly store?: Store;
  readonly validate?: Validate;
  readonly metric?: string;
  readonly checkpointSeconds?: number;
  /** Epochs by stage, where an earlier training on less data has chosen them: these stages are not validated. */
  readonly epochs?: Readonly<Record<string, number>>;
  /** Stages that an earlier training on less data left out: no stage is asked. */
  readonly skipped?: readonly string[];
  /** Interrupts when this stage has had so many epochs; it goes on from there as from any interrupt. */
  readonly pauseAfter?: { readonly stage: string; readonly epochs: number };
}

export interface FittedStage {
  readonly name: string;
  readonly steps: number;
  readonly seconds: number;
  /** Epochs that validation chose, counted from 1. */
  readonly epochs?: number;
  /** The log was too small for it. */
  readonly skipped?: boolean;
}

export interface FitResult {
  readonly earlier: Earlier;
  readonly stages: readonly FittedStage[];
  /** Of the last stage that was validated. */
  readonly best?: { readonly stage: string; readonly value: number; readonly epoch: number };
}

/** Trains all stages; an interrupt is thrown as `InterruptedError` after a checkpoint was saved. */
export async function fit(options: FitOptions): Promise<FitResult> {
  const { recommender, data, key, context, store = forgetful } = options;
  const earlier: Record<string, Artifact> = {};
  const stages: FittedStage[] = [];
  let best: FitResult["best"];
  const said = new Set<string>(); // why stages are left out: several for one reason
  for (const [index, stage] of recommender.stages.entries()) {
    const before = await store.finished(stage.name);
    const why = before === undefined ? whySkipped(stage, options) : undefined;
    const isOut = before?.skipped ?? why !== undefined;
    if (why !== undefined && why !== "" && !said.has(why)) context.emit({ type: "message", text: why });
    if (why !== undefined) said.add(why);
    if (!isOut) context.emit({ type: "stage", stage: stage.name, index, of: recommender.stages.length });
    const view = { ...data, histories: data.histories.without(stage.withhold ?? 0, stage.fold) };
    const done = before ?? (isOut ? SKIPPED : await run(stage, view, { ...earlier }, options));
    if (before === undefined) await store.saveFinished(stage.name, done);
    const { steps, seconds, skipped } = done;
    if (!skipped) earlier[stage.name] = done.artifact;
    if (done.best !== undefined) best = { stage: stage.name, ...done.best };
    stages.push({
      name: stage.name,
      steps,
      seconds,
      ...(done.best && { epochs: done.best.epoch + 1 }),
      ...(skipped && { skipped }),
    });
  }
  return { earlier, stages, best };

  function run(stage: Computed | Learned, view: TrainView, before: Earlier, given: FitOptions) {
    const stageKey = key.fold(stage.name);
    if (stage.kind === "computed") return compute(stage, view, before, stageKey, context);
    const { validate, metric = "validation", checkpointSeconds = 30, epochs, pauseAfter } = given;
    return learn(stage, {
      data: view,
      earlier: before,
      key: stageKey,
      context,
      store,
      validate,
      metric,
      checkpointSeconds,
      until: epochs?.[stage.name],
      pauseAfter: pauseAfter?.stage === stage.name ? pauseAfter.epochs : undefined,
    });
  }
}

const SKIPPED: Finished = { artifact: { arrays: {} }, steps: 0, seconds: 0, skipped: true };

/** Why a stage is left out: "" where an earlier training did and said so. */
function whySkipped(stage: Computed | Learned, { data, skipped }: FitOptions): string | undefined {
  if (skipped === undefined) return stage.skip?.(data);
  return skipped.includes(stage.name) ? "" : undefined;
}

async function compute(
  stage: Computed,
  view: TrainView,
  earlier: Earlier,
  key: Key,
  context: Context,
): Promise<Finished> {
  const startedAt = performance.now();
  const artifact = await stage.compute(view, earlier, key, context);
  return { artifact, steps: 0, seconds: (performance.now() - startedAt) / 1000 };
}
