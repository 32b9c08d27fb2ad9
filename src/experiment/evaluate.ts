/** `evaluate`: a finished run asked for every user's hidden item. */
import type { Emit } from "#base";
import type { SplitDescription } from "#data";
import { type Evaluation, evaluate, type Protocol } from "#eval";
import { alone, type Interrupt, type Pipeline, type Ranker } from "#recommender";
import { companyFor } from "./companion.ts";
import { unseenBy } from "./fit-on.ts";
import type { OpenedRun } from "./opened-run.ts";
import { expectNoDirectory } from "./paths.ts";
import { requireTargets } from "./pipeline.ts";
import { writeRanks } from "./ranks.ts";
import { type TrecOptions, withTrecFiles } from "./trec.ts";

export interface EvaluateOptions extends TrecOptions {
  readonly split?: "test" | "valid";
  /** Cutoffs k; 5, 10, 20 by default. */
  readonly topK?: readonly number[];
  /** Whether items of the history are out of the ranking; they are by default. */
  readonly maskHistory?: boolean;
  /** One of the model's experts ranks by itself, instead of all together. */
  readonly expert?: string;
  /** Writes each asked user's rank of the hidden item as CSV. */
  readonly ranks?: string;
  /** So many users, drawn by the run's seed, instead of all. */
  readonly users?: number;
  /** Whether each user's response is asked for, too, and its category held against the item's. */
  readonly responses?: boolean;
  readonly emit?: Emit;
  readonly signal?: Interrupt;
}

/** How figures of a run came about: `splitBy` stands there where the split is not leave-two-out. */
export interface RunProtocol extends Protocol {
  readonly splitBy?: SplitDescription;
}

/** Figures and how they came about. */
export interface EvaluationReport {
  readonly run: string;
  readonly model: string;
  /** The expert that was asked alone, where one was. */
  readonly expert?: string;
  /** Options that were said over the run's own, where any were. */
  readonly answering?: Readonly<Record<string, unknown>>;
  readonly dataset: string;
  readonly split: "test" | "valid";
  /** `trainedMaskHistory` stands there when the model was chosen under another mask than it is asked under. */
  readonly protocol: RunProtocol & { readonly trainedMaskHistory?: boolean };
  readonly users: number;
  readonly metrics: Readonly<Record<string, number>>;
  /** Rank metrics of users told apart by target and by history. */
  readonly slices: Evaluation["slices"];
  /** What responses say, where they were asked for. */
  readonly responses?: Evaluation["responses"];
  /** Share of users whose target could not be recommended. */
  readonly unreachable: Evaluation["unreachable"];
  readonly seconds: number;
}

/** What `evaluate` says when nobody chooses. */
export const CUTOFFS: readonly number[] = [5, 10, 20];

export async function evaluateModel(model: OpenedRun, options: EvaluateOptions): Promise<EvaluationReport> {
  const startedAt = performance.now();
  const { split = "test", expert } = options;
  const { protocol, users, metrics, slices, responses, unreachable } = await askAll(model, options);
  const { maskHistory, model: name, dataset } = model.manifest;
  return {
    run: model.run,
    model: name,
    ...(expert !== undefined && { expert }),
    ...(Object.keys(model.answering).length > 0 && { answering: model.answering }),
    dataset: dataset.name,
    split,
    protocol: protocol.maskHistory === maskHistory ? protocol : { ...protocol, trainedMaskHistory: maskHistory },
    users,
    metrics,
    slices,
    ...(responses && { responses }),
    unreachable,
    seconds: (performance.now() - startedAt) / 1000,
  };
}

/** The evaluation itself, with every user's rank. */
export async function askAll(
  model: OpenedRun,
  options: EvaluateOptions,
): Promise<Evaluation & { readonly protocol: RunProtocol }> {
  const { split = "test", topK = CUTOFFS, maskHistory = true, users, responses = false, emit, signal } = options;
  const { material, manifest } = model;
  const fitOn = unseenBy(model.run, manifest.fitOn, split);
  requireTargets(material.dataset, material.split, split);
  if (options.ranks !== undefined) await expectNoDirectory(options.ranks);
  const { [split]: targets, train } = material.split;
  await using company = companyFor(
    model,
    options.expert === undefined && !responses ? Math.min(users ?? targets.count, targets.count) : 0,
  );
  const pipeline = pipelineOf(model, options, company.ranker);
  const found = await withTrecFiles(model, split, options, (listener) =>
    evaluate({ ...pipeline, targets, train, topK, maskHistory, users, responses, fitOn, listener, emit, signal }),
  );
  if (options.ranks !== undefined) await writeRanks(options.ranks, material.dataset.users, found);
  if (manifest.split === undefined) return found;
  return { ...found, protocol: { ...found.protocol, splitBy: material.split.description } };
}

/** What the run answers with, or one of its experts alone. */
function pipelineOf({ run, pipeline }: OpenedRun, { expert }: EvaluateOptions, ranker: Ranker): Pipeline {
  if (expert === undefined) return { ...pipeline, ranker };
  return { ...pipeline, ranker: alone(pipeline.ranker, expert, run), fuser: undefined };
}
