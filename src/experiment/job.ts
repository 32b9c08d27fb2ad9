/**
 * A training run's work, readable top to bottom: open the data, split it, train the stages, measure on validation.
 * It runs in a thread of its own (thread.ts), so what goes in and comes out is plain data; functions do not cross threads.
 */
import { type Emit, parseConfig } from "#base";
import { openDataset, type SplitChoice } from "#data";
import { evaluate, type Protocol } from "#eval";
import { Key } from "#random";
import type { Context, Earlier, Interrupt } from "#recommender";
import type { Runtime } from "#tensor";
import { type FittedStage, fit as trainStages } from "#train";
import { findModel } from "./models.ts";
import { type Material, materialOf, openPipeline, requireTargets } from "./pipeline.ts";
import { RunStore } from "./store.ts";

/** What is to be trained, where. */
export interface Job {
  /** The run directory. */
  readonly run: string;
  readonly model: string;
  readonly config: Readonly<Record<string, unknown>>;
  readonly seed: number;
  /** The prepared dataset's directory. */
  readonly dataset: string;
  readonly maskHistory: boolean;
  readonly split?: SplitChoice;
  readonly runtime: Runtime;
  readonly memoryBytes: number;
  readonly checkpointSeconds?: number;
}

/** What was trained. */
export interface JobResult {
  readonly stages: readonly FittedStage[];
  /** The finished model on the validation targets. */
  readonly valid: {
    readonly protocol: Protocol;
    readonly users: number;
    readonly metrics: Readonly<Record<string, number>>;
  };
}

/** What models are chosen by, everywhere. */
export const SELECTION = { metric: "NDCG@10", topK: [10] } as const;

/** Trains; an interrupt leaves a checkpoint and is thrown as `InterruptedError`. */
export async function runJob(job: Job, emit: Emit, signal: Interrupt): Promise<JobResult> {
  const definition = findModel(job.model);
  const recommender = definition.build(parseConfig(definition.config, job.config, job.model));
  const dataset = await openDataset(job.dataset);
  const material = materialOf(dataset, job.split);
  const { split } = material;
  expectTargets(material, emit);
  const context: Context = { runtime: job.runtime, emit, signal, memoryBytes: job.memoryBytes };

  const measure = async (earlier: Earlier) => {
    // Validation reports by its figure alone: its own progress would bury the training's.
    const pipeline = await openPipeline(recommender, earlier, material, job.seed, context);
    await using _ranker = pipeline.ranker;
    const { maskHistory } = job;
    // Awaited here: the ranker is disposed of when this function is left.
    return await evaluate({ ...pipeline, targets: split.valid, topK: SELECTION.topK, maskHistory, signal });
  };
  const { earlier, stages } = await trainStages({
    recommender,
    data: { histories: split.train, catalogue: dataset.catalogue, shard: { rank: 0, size: 1 } },
    key: Key.of(job.seed).fold("train"),
    context,
    store: new RunStore(job.run),
    validate: async (candidate) => (await measure(candidate)).metrics[SELECTION.metric],
    metric: SELECTION.metric,
    checkpointSeconds: job.checkpointSeconds,
  });
  const { protocol, users, metrics } = await measure(earlier);
  return { stages, valid: { protocol, users, metrics } };
}

/** Without a target nothing can be chosen or measured, so that training would be blind. */
function expectTargets({ dataset, split }: Material, emit: Emit): void {
  requireTargets(dataset, split, "valid");
  const { unevaluated, needs } = split;
  if (unevaluated === 0) return;
  emit({
    type: "warning",
    text: `${unevaluated} of ${dataset.users.count} users ${needs.lacking}: they are learned from, never measured.`,
  });
}
