/** `evaluate`: a finished run asked for every user's hidden item. */
import type { Emit } from "#base";
import type { SplitDescription } from "#data";
import { type Evaluation, evaluate, type Protocol } from "#eval";
import type { Interrupt } from "#recommender";
import { unseenBy } from "./fit-on.ts";
import type { Model } from "./model.ts";
import { requireTargets } from "./pipeline.ts";
import { type TrecOptions, withTrecFiles } from "./trec.ts";

export interface EvaluateOptions extends TrecOptions {
  readonly split?: "test" | "valid";
  /** Cutoffs k; 5, 10, 20 by default. */
  readonly topK?: readonly number[];
  /** Whether items of the history are out of the ranking; they are by default. */
  readonly maskHistory?: boolean;
  /** So many users, drawn by the run's seed, instead of all. */
  readonly users?: number;
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
  readonly dataset: string;
  readonly split: "test" | "valid";
  /** `trainedMaskHistory` stands there when the model was chosen under another mask than it is asked under. */
  readonly protocol: RunProtocol & { readonly trainedMaskHistory?: boolean };
  readonly users: number;
  readonly metrics: Readonly<Record<string, number>>;
  /** Rank metrics of users told apart by target and by history. */
  readonly slices: Evaluation["slices"];
  /** Share of users whose target could not be recommended. */
  readonly unreachable: Evaluation["unreachable"];
  readonly seconds: number;
}

/** What `evaluate` says when nobody chooses. */
export const CUTOFFS: readonly number[] = [5, 10, 20];

export async function evaluateModel(model: Model, options: EvaluateOptions): Promise<EvaluationReport> {
  const startedAt = performance.now();
  const { split = "test" } = options;
  const { protocol, users, metrics, slices, unreachable } = await askAll(model, options);
  const { maskHistory, model: name, dataset } = model.manifest;
  return {
    run: model.run,
    model: name,
    dataset: dataset.name,
    split,
    protocol: protocol.maskHistory === maskHistory ? protocol : { ...protocol, trainedMaskHistory: maskHistory },
    users,
    metrics,
    slices,
    unreachable,
    seconds: (performance.now() - startedAt) / 1000,
  };
}

/** The evaluation itself, with every user's rank. */
export async function askAll(
  model: Model,
  options: EvaluateOptions,
): Promise<Evaluation & { readonly protocol: RunProtocol }> {
  const { split = "test", topK = CUTOFFS, maskHistory = true, users, emit, signal } = options;
  const { material, pipeline, manifest } = model;
  const fitOn = unseenBy(model.run, manifest.fitOn, split);
  requireTargets(material.dataset, material.split, split);
  const { [split]: targets, train } = material.split;
  const found = await withTrecFiles(model, split, options, (listener) =>
    evaluate({ ...pipeline, targets, train, topK, maskHistory, users, fitOn, listener, emit, signal }),
  );
  if (manifest.split === undefined) return found;
  return { ...found, protocol: { ...found.protocol, splitBy: material.split.description } };
}
