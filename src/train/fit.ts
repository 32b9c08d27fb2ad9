/**
 * Trains a recommender: its stages one after the other, each from where it stopped. The trainer has never heard of a
 * metric; it is given `validate`.
 */
import type { Key } from "#random";
import type { Artifact, Computed, Context, Earlier, Learned, Recommender, TrainView } from "#recommender";
import { learn, type Validate } from "./learn.ts";
import { forgetful, type Store } from "./store.ts";

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
}

export interface FittedStage {
  readonly name: string;
  readonly steps: number;
  readonly seconds: number;
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
  for (const [index, stage] of recommender.stages.entries()) {
    context.emit({ type: "stage", stage: stage.name, index, of: recommender.stages.length });
    const startedAt = performance.now();
    const view = { ...data, histories: data.histories.without(stage.withhold ?? 0) };
    const finished = await store.artifact(stage.name);
    const done =
      finished === undefined ? await run(stage, view, { ...earlier }, options) : { artifact: finished, steps: 0 };
    if (finished === undefined) await store.saveArtifact(stage.name, done.artifact);
    earlier[stage.name] = done.artifact;
    if (done.best !== undefined) best = { stage: stage.name, ...done.best };
    stages.push({ name: stage.name, steps: done.steps, seconds: (performance.now() - startedAt) / 1000 });
  }
  return { earlier, stages, best };

  function run(stage: Computed | Learned, view: TrainView, before: Earlier, given: FitOptions) {
    const stageKey = key.fold(stage.name);
    if (stage.kind === "computed") return compute(stage, view, before, stageKey, context);
    const { validate, metric = "validation", checkpointSeconds = 30 } = given;
    return learn(stage, {
      data: view,
      earlier: before,
      key: stageKey,
      context,
      store,
      validate,
      metric,
      checkpointSeconds,
    });
  }
}

async function compute(stage: Computed, view: TrainView, earlier: Earlier, key: Key, context: Context): Promise<Done> {
  return { artifact: await stage.compute(view, earlier, key, context), steps: 0 };
}

interface Done {
  readonly artifact: Artifact;
  readonly steps: number;
  readonly best?: { readonly value: number; readonly epoch: number };
}
