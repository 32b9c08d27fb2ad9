/**
 * SASRec: a causal transformer reads the history; the item after each position is the one whose vector is nearest.
 *   x_t = X[i_t] √D + P[t],  h = LN(blocks(x)),  s_i = scale · ⟨h_T, X_i⟩
 * Source: arXiv 1808.09781. The losses: bce, one negative a position (the paper's, uniform); ce, over all items;
 * sampled-softmax, over negatives that a batch shares, corrected for how they were drawn.
 * Differs: pre-LN blocks; rows are padded on the right and positions counted from the oldest, so that the causal mask hides
 * padding and nothing else need; with `scoring: cosine` item vectors have unit length and the scale is learned.
 */
import { ConfigError } from "#base";
import { type Batch, Batches, batchCount, Negatives, Proposal, sharedNegatives } from "#data";
import { adam, chain, clipGlobalNorm, movingAverage, warmupCosine } from "#optim";
import type { Key } from "#random";
import { defineRecommender, type Learned, type TrainView } from "#recommender";
import type { NdArray } from "#tensor";
import { config, type SasRecConfig } from "./sasrec/config.ts";
import { SasRecNetwork } from "./sasrec/network.ts";
import { openSasRec } from "./sasrec/ranker.ts";

/** What a step is fed: `negatives` is [B, T] for bce and [K] for sampled-softmax, absent for ce. */
export type SasRecBatch = {
  readonly items: NdArray<Int32Array>; // [B, T], 0 on the right of a short history
  readonly targets: NdArray<Int32Array>; // [B, T], 0: no loss here
  readonly negatives?: NdArray<Int32Array>;
  readonly logQ?: NdArray<Float32Array>; // [K], where shared negatives are not uniform
};

/** A causal transformer over item vectors. */
export const sasrec = defineRecommender({
  title: "SASRec",
  paper: "https://arxiv.org/abs/1808.09781",
  summary: "A causal transformer reads the history and points at the next item's vector.",
  config,
  build: (options) => {
    if (options.dim % options.heads !== 0) {
      throw new ConfigError(
        `sasrec: "heads" = ${options.heads} does not divide "dim" = ${options.dim} into equal parts.`,
        {
          code: "bad-value",
          field: "heads",
        },
      );
    }
    if (options.windows === "sliding" && options.stride > options.maxLength) {
      throw new ConfigError(
        `sasrec: "stride" = ${options.stride} is above "maxLength" = ${options.maxLength}, so that items would fall between two windows.`,
        { code: "bad-value", field: "stride" },
      );
    }
    return {
      stages: [sequenceStage(options)],
      open: (earlier, catalogue, context) => openSasRec(options, earlier.sequence.arrays, catalogue.size, context),
    };
  },
});

function sequenceStage(options: SasRecConfig): Learned<SasRecNetwork, SasRecBatch> {
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
    init: (weights, { catalogue }) => new SasRecNetwork(weights, options, catalogue.size),
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

function negativeSampler({ loss, negatives, negativePower }: SasRecConfig, { histories, catalogue }: TrainView) {
  if (loss === "ce") return () => ({});
  if (loss === "sampled-softmax" && negativePower === 0)
    return (_: Batch, key: Key) => ({ negatives: sharedNegatives(catalogue.size, negatives, key) });
  const proposal = Proposal.popular(histories, catalogue.size, negativePower);
  if (loss === "sampled-softmax")
    return (_: Batch, key: Key) => {
      const { items, logQ } = proposal.sample(negatives, key);
      return { negatives: items, logQ };
    };
  const sampler = new Negatives(histories, catalogue.size, proposal);
  return (batch: Batch, key: Key) => ({ negatives: sampler.sample(batch, key) });
}
