/** A finished run at work: opened once, asked often. Outside ids go in and come out. */
import { CheckpointError, ConfigError, didYouMean, type Emit, parseConfig, silent } from "#base";
import { openDataset } from "#data";
import type { Artifact, Pipeline } from "#recommender";
import type { Runtime } from "#tensor";
import { type BatchOptions, type BatchSummary, batchOf } from "./batch.ts";
import { readChoices } from "./choices.ts";
import { type EvaluateOptions, type EvaluationReport, evaluateModel } from "./evaluate.ts";
import { type ExportOptions, type ExportSummary, exportOf } from "./export.ts";
import { type RunManifest, readManifest } from "./manifest.ts";
import { locateDataset } from "./material.ts";
import { begunConfig, findModel } from "./models.ts";
import type { OpenedRun } from "./opened-run.ts";
import { type Material, materialOf, openPipeline } from "./pipeline.ts";
import { type Recommendations, type RecommendOptions, recommendTo } from "./recommend.ts";
import { runtimeOf } from "./runtime.ts";
import { type SimilarItems, type SimilarOptions, similarTo } from "./similar.ts";
import { RunStore } from "./store.ts";

/** How a run is opened. */
export interface LoadOptions {
  readonly runtime?: Partial<Runtime>;
  /** Options that the model lets be said when it is asked (`answering` of its definition); the others are the run's. */
  readonly answering?: Readonly<Record<string, unknown>>;
  /** Takes messages and warnings. */
  readonly emit?: Emit;
}

/**
 * Opens a finished run.
 * @example
 * await using model = await load("runs/first");
 * const { items } = await model.recommend({ history: ["B000142FVW", "B00014340I"] });
 */
export async function load(run: string, options: LoadOptions = {}): Promise<Model> {
  const { runtime, answering = {}, emit = silent } = options;
  const manifest = await readManifest(run);
  if (manifest.state !== "finished") {
    throw new CheckpointError(`${run}: this run is not finished, so that there is no model to ask.`, {
      code: "unfinished-run",
      file: run,
      hint: `Finish it with: deftrec train --resume --out ${run}`,
    });
  }
  const definition = findModel(manifest.model);
  expectAnswering(run, manifest.model, definition.answering ?? [], answering);
  const config = { ...begunConfig(manifest), ...answering };
  const recommender = definition.build(parseConfig(definition.config, config, manifest.model));
  const store = new RunStore(run);
  const earlier: Record<string, Artifact> = {};
  for (const { name } of recommender.stages) {
    const finished = await store.finished(name);
    if (finished === undefined) throw incomplete(run, name);
    if (!finished.skipped) earlier[name] = finished.artifact;
  }
  const { directory } = await locateDataset(run, manifest.dataset, emit);
  const material = materialOf(await openDataset(directory), manifest.fitOn, manifest.split);
  const context = { runtime: runtimeOf({ device: manifest.device, ...runtime }), emit, keeps: true };
  const fusion = (await readChoices(run))?.fusion;
  return new Model(
    run,
    manifest,
    material,
    await openPipeline(recommender.open.bind(recommender), earlier, material, manifest.seed, context, fusion),
    context.runtime,
    answering,
    emit,
  );
}

export class Model implements OpenedRun, AsyncDisposable {
  constructor(
    readonly run: string,
    readonly manifest: RunManifest,
    readonly material: Material,
    readonly pipeline: Pipeline,
    readonly runtime: Runtime,
    readonly answering: Readonly<Record<string, unknown>>,
    readonly emit: Emit,
  ) {}

  /** A ranked list for a user of the data, or for any history. */
  recommend(options: RecommendOptions): Promise<Recommendations> {
    return recommendTo(this, options);
  }

  /** The items most like one. */
  similar(options: SimilarOptions): Promise<SimilarItems> {
    return similarTo(this, options);
  }

  /** Lists for every user of the data, as a Parquet file. */
  batch(options: BatchOptions): Promise<BatchSummary> {
    return batchOf(this, options);
  }

  /** The model as ONNX and safetensors, for other tools. */
  export(options: ExportOptions): Promise<ExportSummary> {
    return exportOf(this, options);
  }

  /** Full-ranking metrics with the protocol beside them. */
  evaluate(options: EvaluateOptions = {}): Promise<EvaluationReport> {
    return evaluateModel(this, options);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.pipeline.ranker[Symbol.asyncDispose]();
  }
}

/** What training read stays as it was: another value would be another model than the one that was trained. */
function expectAnswering(
  run: string,
  model: string,
  known: readonly string[],
  answering: Readonly<Record<string, unknown>>,
): void {
  const unknown = Object.keys(answering).find((key) => !known.includes(key));
  if (unknown === undefined) return;
  const which = known.length === 0 ? `${model} has none.` : `Of ${model} they are: ${known.join(", ")}.`;
  throw new ConfigError(
    `${run}: "${unknown}" is not an option that a trained model can be asked with${didYouMean(unknown, known) || "."} ${which}`,
    {
      code: "unknown-key",
      field: unknown,
      hint: "What training reads is said to `deftrec train`, and makes another run.",
    },
  );
}

function incomplete(run: string, stage: string): CheckpointError {
  return new CheckpointError(
    `${run}: the finished run lacks what its stage "${stage}" left (stages/${stage}.safetensors).`,
    {
      code: "damaged-run",
      file: run,
      field: stage,
      hint: "Restore the run from a copy, or train again.",
    },
  );
}
