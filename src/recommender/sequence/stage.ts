/**
 * How a network that reads histories is trained: at every position of a row it is asked for the next item. Batches of like
 * length, negatives that fit the loss, Adam under a global norm along a warmed-up cosine, a moving average to serve.
 */
import { type Batch, Batches, batchCount, Negatives, Proposal, sharedNegatives } from "#data";
import type { Weights } from "#nn";
import { adam, chain, clipGlobalNorm, movingAverage, warmupCosine } from "#optim";
import type { Key } from "#random";
import type { NdArray } from "#tensor";
import type { Learned, TrainView } from "../contract.ts";
import type { SequenceNetwork } from "./network.ts";
import { SAMPLES, type SequenceOptions } from "./options.ts";

/** What a step is fed: `negatives` is [B, T] where each position has its own, [K] where a batch shares them, else absent. */
export type SequenceBatch = {
  readonly items: NdArray<Int32Array>; // [B, T], 0 on the right of a short history
  readonly targets: NdArray<Int32Array>; // [B, T], 0: no loss here
  readonly negatives?: NdArray<Int32Array>;
  readonly logQ?: NdArray<Float32Array>; // [K], where sampled softmax has negatives that are not uniform
};

/** The stage, called `sequence`, of a network that `make` builds. */
export function sequenceStage(
  options: SequenceOptions,
  make: (weights: Weights, catalogueSize: number) => SequenceNetwork,
): Learned<SequenceNetwork, SequenceBatch> {
  const { maxLength, batchSize, bucket, stride } = options;
  const windows = options.windows === "sliding" ? { stride } : options.windows;
  const batching = { maxLength, batchSize, padding: "right", mostLengths: bucket ? 8 : 1, windows } as const;
  return {
    kind: "learned",
    name: "sequence",
    epochs: options.epochs,
    patience: options.patience,
    validateEvery: options.validateEvery,
    stop: "ranking",
    init: (weights, { catalogue }) => make(weights, catalogue.size),
    steps: ({ histories }) => batchCount(histories, batching),
    async *epoch(data, _earlier, key) {
      const negatives = negativeSampler(options, data);
      let position = 0;
      for (const batch of Batches.of(data.histories, batching, key)) {
        yield {
          items: batch.items,
          targets: batch.targets,
          ...negatives(batch, key.fold("negatives").fold(position++)),
        };
      }
    },
    loss: (network, batch, key) => network.loss(batch, key),
    optimizer: (totalSteps) =>
      movingAverage(
        options.average,
        chain(
          clipGlobalNorm(5),
          adam({
            rate: warmupCosine({ peak: options.learningRate, warmup: options.warmup, totalSteps }),
            betas: [0.9, 0.98],
          }),
        ),
      ),
  };
}

function negativeSampler(
  { loss, negatives, negativePower }: SequenceOptions,
  { histories, catalogue }: TrainView,
): (batch: Batch, key: Key) => Pick<SequenceBatch, "negatives" | "logQ"> {
  const samples = SAMPLES[loss];
  if (samples === "none") return () => ({});
  if (samples === "shared" && negativePower === 0)
    return (_, key) => ({ negatives: sharedNegatives(catalogue.size, negatives, key) });
  const proposal = Proposal.popular(histories, catalogue.size, negativePower);
  if (samples === "shared")
    return (_, key) => {
      const { items, logQ } = proposal.sample(negatives, key);
      return loss === "sampled-softmax" ? { negatives: items, logQ } : { negatives: items }; // only it corrects
    };
  const sampler = new Negatives(histories, catalogue.size, proposal);
  return (batch, key) => ({ negatives: sampler.sample(batch, key) });
}
