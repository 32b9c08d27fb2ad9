/**
 * A training run's work, readable top to bottom: open the data, split it, train the stages, measure on validation.
 * It runs in a thread of its own (thread.ts), so what goes in and comes out is plain data; functions do not cross threads.
 */
import { join } from "node:path";
import { type Emit, parseConfig } from "#base";
import { openDataset, type SplitChoice, type Targets, withheldTargets } from "#data";
import { evaluate } from "#eval";
import { Key } from "#random";
import type { Context, Earlier, Fusion, Interrupt, Recommender } from "#recommender";
import type { Runtime } from "#tensor";
import { type FitOptions, type FittedStage, fit as trainStages } from "#train";
import { type Choices, readChoices, writeChoices } from "./choices.ts";
import type { FitOn } from "./fit-on.ts";
import { tuneFusion } from "./fusion.ts";
import { findModel } from "./models.ts";
import { type Material, materialOf, type Opener, openPipeline, requireTargets } from "./pipeline.ts";
import { RunStore } from "./store.ts";
import { validationSample } from "./validation-sample.ts";

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
  readonly fitOn: FitOn;
  readonly runtime: Runtime;
  readonly memoryBytes: number;
  readonly checkpointSeconds?: number;
  readonly pauseAfter?: FitOptions["pauseAfter"];
}

/** What was trained. */
export interface JobResult {
  readonly stages: readonly FittedStage[];
  readonly choices: Choices;
}

/** What models are chosen by, everywhere. */
export const SELECTION = { metric: "NDCG@10", topK: [10] } as const;

/** Trains; an interrupt leaves a checkpoint and is thrown as `InterruptedError`. */
export async function runJob(job: Job, emit: Emit, signal: Interrupt): Promise<JobResult> {
  const definition = findModel(job.model);
  const recommender = definition.build(parseConfig(definition.config, job.config, job.model));
  const dataset = await openDataset(job.dataset);
  const context: Context = { runtime: job.runtime, emit, signal, memoryBytes: job.memoryBytes };
  const onTrain = new Fitting(job, recommender, materialOf(dataset, "train", job.split), context);
  expectTargets(onTrain.material, emit);
  if (job.fitOn === "train") return onTrain.chosen(job.run);
  const chosen = await onTrain.chosen(join(job.run, SELECTION_FOLDER));
  await writeChoices(job.run, chosen.choices);
  emit({ type: "message", text: `What validation chose is fitted on ${job.fitOn}.` });
  const onMore = new Fitting(job, recommender, materialOf(dataset, job.fitOn, job.split), context);
  const { stages } = await onMore.trained(new RunStore(job.run), chosen.choices);
  return { ...chosen, stages: [...chosen.stages, ...stages] };
}

/** Where a run that is fitted on more than train keeps the fit on train that chose for it. */
export const SELECTION_FOLDER = "selection";

/** A recommender and what it is fitted on. */
class Fitting {
  constructor(
    readonly job: Job,
    readonly recommender: Recommender,
    readonly material: Material,
    readonly context: Context,
  ) {}

  /** Fits on train with validation, tunes the fusion, measures; what was chosen is kept in `directory`. */
  async chosen(directory: string): Promise<JobResult> {
    const { earlier, stages } = await this.trained(new RunStore(directory));
    const before = await readChoices(directory);
    if (before !== undefined) return { stages, choices: before };
    const fusion = await this.#tuned(earlier);
    const { users, metrics } = await this.#measured(this.#opener(), earlier, this.material.split.valid, fusion);
    const epochs = Object.fromEntries(stages.flatMap(({ name, epochs: n }) => (n === undefined ? [] : [[name, n]])));
    const skipped = stages.flatMap((stage) => (stage.skipped ? [stage.name] : []));
    const choices: Choices = {
      epochs,
      ...(skipped.length > 0 && { skipped }),
      ...(fusion && { fusion }),
      valid: { users, metrics },
    };
    await writeChoices(directory, choices);
    return { stages, choices };
  }

  trained(store: RunStore, chosen?: Choices) {
    const { job, recommender, context, material } = this;
    return trainStages({
      recommender,
      data: { histories: material.histories, catalogue: material.dataset.catalogue, shard: { rank: 0, size: 1 } },
      key: Key.of(job.seed).fold("train"),
      context,
      store,
      validate: async (candidate, stage) => {
        const targets = withheldTargets(material.split.valid, stage.withhold ?? 0, stage.fold);
        const { metrics } = await this.#measured(stage.open?.bind(stage) ?? this.#opener(), candidate, targets);
        return metrics[SELECTION.metric];
      },
      metric: SELECTION.metric,
      checkpointSeconds: job.checkpointSeconds,
      pauseAfter: job.pauseAfter,
      ...(chosen && { epochs: chosen.epochs, skipped: chosen.skipped ?? [] }),
    });
  }

  #opener(): Opener {
    return this.recommender.open.bind(this.recommender);
  }

  async #tuned(earlier: Earlier): Promise<Fusion | undefined> {
    const { material, context, job } = this;
    const pipeline = await openPipeline(this.#opener(), earlier, material, job.seed, context);
    await using _ranker = pipeline.ranker;
    return await tuneFusion(pipeline, material.priors, material.split.valid, job.maskHistory, context);
  }

  async #measured(open: Opener, earlier: Earlier, targets: Targets, fusion?: Fusion) {
    const { material, context, job } = this;
    const pipeline = await openPipeline(open, earlier, material, job.seed, context, fusion);
    await using _ranker = pipeline.ranker;
    const { maskHistory } = job;
    // Without emit: validation reports by its figure alone, its own progress would bury the training's.
    // Awaited here: the ranker is disposed of when this function is left.
    const { train } = material.split;
    const users = validationSample(targets.count, pipeline.catalogue.size);
    const asked = { targets, train, users, topK: SELECTION.topK, maskHistory, lists: false };
    return await evaluate({ ...pipeline, ...asked, signal: context.signal });
  }
}

/** Without a target nothing can be chosen or measured, so that training would be blind. */
function expectTargets({ dataset, split }: Material, emit: Emit): void {
  requireTargets(dataset, split, "valid");
  const asked = validationSample(split.valid.count, dataset.catalogue.size);
  if (asked < split.valid.count) {
    emit({ type: "message", text: `Validation asks ${asked} of ${split.valid.count} users, drawn by the seed.` });
  }
  const { unevaluated, needs } = split;
  if (unevaluated === 0) return;
  emit({
    type: "warning",
    text: `${unevaluated} of ${dataset.users.count} users ${needs.lacking}: they are learned from, never measured.`,
  });
}
