/** `evaluate`: a finished run asked for every user's hidden item. */
import type { Emit } from "#base";
import { type Evaluation, evaluate, type Protocol } from "#eval";
import type { Interrupt } from "#recommender";
import type { Model } from "./model.ts";

export interface EvaluateOptions {
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

/** Figures and how they came about. */
export interface EvaluationReport {
  readonly run: string;
  readonly model: string;
  readonly dataset: string;
  readonly split: "test" | "valid";
  /** `trainedMaskHistory` stands there when the model was chosen under another mask than it is asked under. */
  readonly protocol: Protocol & { readonly trainedMaskHistory?: boolean };
  readonly users: number;
  readonly metrics: Readonly<Record<string, number>>;
  /** Share of users whose target could not be recommended. */
  readonly unreachable: Evaluation["unreachable"];
  readonly seconds: number;
}

/** What `evaluate` says when nobody chooses. */
export const CUTOFFS: readonly number[] = [5, 10, 20];

export async function evaluateModel(model: Model, options: EvaluateOptions): Promise<EvaluationReport> {
  const startedAt = performance.now();
  const { split = "test" } = options;
  const { protocol, users, metrics, unreachable } = await askAll(model, options);
  const { maskHistory, model: name, dataset } = model.manifest;
  return {
    run: model.run,
    model: name,
    dataset: dataset.name,
    split,
    protocol: protocol.maskHistory === maskHistory ? protocol : { ...protocol, trainedMaskHistory: maskHistory },
    users,
    metrics,
    unreachable,
    seconds: (performance.now() - startedAt) / 1000,
  };
}

/** The evaluation itself, with every user's rank. */
export function askAll(model: Model, options: EvaluateOptions): Promise<Evaluation> {
  const { split = "test", topK = CUTOFFS, maskHistory = true, users, emit, signal } = options;
  const targets = model.material.split[split];
  return evaluate({ ...model.pipeline, targets, topK, maskHistory, users, fitOn: model.manifest.fitOn, emit, signal });
}
