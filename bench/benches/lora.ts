/**
 * What lora-step and lora-smollm2 share: one training step of LoRA adapters (rank 16, all seven projections) on a frozen
 * decoder, 4 texts of 256 tokens, AdamW. Timed is `TrainingStep`, which is what `train` runs.
 */
import {
  type DecoderConfig,
  type LoraOptions,
  labelledRows,
  languageLoss,
  onProjections,
  PROJECTIONS,
  type ProjectionName,
  type TracedModel,
  UNLABELLED,
} from "#llm";
import { Weights } from "#nn";
import { adam } from "#optim";
import { Key, Stream } from "#random";
import type { Learned } from "#recommender";
import { type Arrays, float32, int32, type NdArray } from "#tensor";
import { TrainingStep } from "#train";
import { type Setup, type Subject, subject } from "../bench.ts";

export const KEY = Key.of(1).fold("lora");
const ROWS = 4;
const LENGTH = 256;
const BATCHES = 2;
const RATE = 1e-3;
const RANK = 16;
const ALPHA = 32;
/** Where adapters stand among a twin's arrays. */
export const ADAPTER = "adapter.";

const OPTIONS: LoraOptions = {
  rank: RANK,
  alpha: ALPHA,
  dropout: 0,
  on: onProjections(Object.keys(PROJECTIONS) as ProjectionName[]), // as: keys of that object
};

/** A decoder that is trained through. */
export interface Frozen {
  /** Its weights, by address. */
  readonly arrays: Arrays;
  traced(adapters: Weights, options: LoraOptions): TracedModel;
  embed(ids: readonly number[]): Float32Array;
  readonly config: DecoderConfig;
}

/** The batches' token ids, and the adapters that both sides start from. */
export function startingArrays(frozen: Pick<Frozen, "traced">, vocabulary: number): Arrays {
  const adapters = Weights.draw(KEY.fold("adapters"));
  frozen.traced(adapters.at("adapter"), OPTIONS);
  const stream = new Stream(KEY.fold("ids"));
  const ids = Int32Array.from({ length: BATCHES * ROWS * LENGTH }, () => stream.below(vocabulary));
  return { ...adapters.arrays, "batch.ids": int32(ids, [BATCHES, ROWS, LENGTH]) };
}

/** Our side; of each text the last `labelled` tokens are learned. */
export function loraSubject(given: Arrays, { runtime }: Setup, frozen: Frozen, labelled: number): Subject {
  const adapters = Object.entries(given).filter(([name]) => name.startsWith(ADAPTER));
  const copies = adapters.map(([name, array]) => [name, { ...array, data: array.data.slice() }]);
  const weights = Weights.read(Object.fromEntries(copies), "bench");
  const stage: Learned<TracedModel> = {
    kind: "learned",
    name: "lora",
    epochs: 1,
    patience: 1,
    validateEvery: 1,
    stop: "never",
    init: (own) => frozen.traced(own.at("adapter"), OPTIONS),
    steps: () => 1,
    epoch: () => [],
    loss: ({ decoder, head }, { x, rows, targets, weights: shares }) => ({
      total: languageLoss(decoder.hidden(x), head, { rows, targets, weights: shares }, { frozen: true }),
    }),
    optimizer: () => adam({ rate: RATE, weightDecay: 0.01 }),
  };
  const model = stage.init(weights, {} as never, {}); // as: init reads nothing of the data
  const step = new TrainingStep(stage, model, weights, stage.optimizer(1), runtime, undefined, frozen.arrays);
  const batches = batchesOf(given["batch.ids"], frozen, labelled);
  const take = async (index: number) => (await step.take(batches[index % BATCHES], KEY.fold(index), index + 1)).total;
  const figures = () => ({ processPeakMegabytes: Math.round(process.resourceUsage().maxRSS / 1024) });
  return subject(take, () => step[Symbol.asyncDispose](), figures);
}

function batchesOf({ data }: NdArray, frozen: Frozen, labelled: number): Arrays[] {
  return Array.from({ length: BATCHES }, (_, batch) => {
    const rows = Array.from({ length: ROWS }, (__, row) => {
      const start = (batch * ROWS + row) * LENGTH;
      return Array.from({ length: LENGTH }, (___, at) => Number(data[start + at]));
    });
    const labels = rows.map((row) => row.map((id, at) => (at < LENGTH - labelled ? UNLABELLED : id)));
    return { x: float32(frozen.embed(rows.flat()), [ROWS, LENGTH, frozen.config.dim]), ...labelledRows(labels) };
  });
}

/** What the twin is told beside the arrays. */
export function peerOptions(sizes: Readonly<Record<string, unknown>>, labelled: number) {
  return { ...sizes, labelled, rate: RATE, decay: 0.01, rank: RANK, alpha: ALPHA };
}
