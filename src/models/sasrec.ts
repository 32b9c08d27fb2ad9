/**
 * SASRec: a causal transformer reads the history; the item after each position is the one whose vector is nearest.
 *   x_t = X[i_t] √D + P[t],  h = LN(blocks(x)),  s_i = scale · ⟨h_T, X_i⟩
 * Source: arXiv 1808.09781. The losses: bce, one uniform negative a position (the paper's); ce, over all items;
 * sampled-softmax, over negatives that a batch shares, corrected for how they were drawn.
 * Differs: pre-LN blocks; rows are padded on the right and positions counted from the oldest, so that the causal mask hides
 * padding and nothing else need; with `scoring: cosine` item vectors have unit length and the scale is learned.
 */
import { z } from "zod";
import { type Batch, Batches, batchCount, Negatives, sharedNegatives } from "#data";
import { adam, chain, clipGlobalNorm, movingAverage, warmupCosine } from "#optim";
import type { Key } from "#random";
import { defineRecommender, type Learned, type TrainView } from "#recommender";
import type { NdArray } from "#tensor";
import { SasRecNetwork } from "./sasrec/network.ts";
import { openSasRec } from "./sasrec/ranker.ts";

const config = z.strictObject({
  dim: z.int().min(1).default(64).describe("width D of item vectors"),
  blocks: z.int().min(1).default(2).describe("transformer blocks (paper: 2)"),
  heads: z.int().min(1).default(2).describe("attention heads; they divide the width"),
  hidden: z.int().min(1).default(128).describe("width inside a block's feed-forward half"),
  dropout: z
    .number()
    .min(0)
    .max(0.95)
    .default(0.3)
    .describe("of embeddings, attention weights and both halves of a block"),
  maxLength: z.int().min(1).default(50).describe("last items of a history that are read"),
  loss: z
    .enum(["sampled-softmax", "ce", "bce"])
    .default("sampled-softmax")
    .describe("what each position is trained by"),
  negatives: z.int().min(1).default(512).describe("items a batch shares as negatives (sampled-softmax)"),
  scoring: z
    .enum(["cosine", "inner"])
    .default("cosine")
    .describe("whether item vectors have unit length (and a learned scale)"),
  batchSize: z.int().min(1).default(128).describe("histories B of a step"),
  learningRate: z.number().positive().default(1e-3),
  warmup: z
    .number()
    .min(0)
    .max(1)
    .default(0.05)
    .describe("share of all steps in which the rate rises; then it falls along a cosine"),
  average: z
    .number()
    .min(0)
    .max(0.9999)
    .default(0.997)
    .describe("decay of the moving average of weights that is validated and served; 0: none"),
  epochs: z.int().min(1).default(60).describe("at most"),
  validateEvery: z.int().min(1).default(2).describe("epochs between two validations"),
  patience: z.int().min(1).default(4).describe("validations without improvement before it stops"),
  bucket: z.boolean().default(true).describe("group histories of like length, so that padding is not computed"),
});

export type SasRecConfig = z.output<typeof config>;

/** What a step is fed: `negatives` is [B, T] for bce and [K] for sampled-softmax, absent for ce. */
export type SasRecBatch = {
  readonly items: NdArray<Int32Array>; // [B, T], 0 on the right of a short history
  readonly targets: NdArray<Int32Array>; // [B, T], 0: no loss here
  readonly negatives?: NdArray<Int32Array>;
};

/** A causal transformer over item vectors. */
export const sasrec = defineRecommender({
  title: "SASRec",
  paper: "https://arxiv.org/abs/1808.09781",
  summary: "A causal transformer reads the history and points at the next item's vector.",
  config,
  build: (options) => ({
    stages: [sequenceStage(options)],
    open: (earlier, catalogue, context) => openSasRec(options, earlier.sequence.arrays, catalogue.size, context),
  }),
});

function sequenceStage(options: SasRecConfig): Learned<SasRecNetwork, SasRecBatch> {
  const { maxLength, batchSize, bucket } = options;
  const batching = { maxLength, batchSize, padding: "right", mostLengths: bucket ? 8 : 1 } as const;
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
    loss: (network, batch, key) => network.loss(batch.items, batch.targets, batch.negatives, key),
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

function negativeSampler({ loss, negatives }: SasRecConfig, { histories, catalogue }: TrainView) {
  if (loss === "ce") return () => ({});
  if (loss === "sampled-softmax")
    return (_: Batch, key: Key) => ({ negatives: sharedNegatives(catalogue.size, negatives, key) });
  const sampler = new Negatives(histories, catalogue.size);
  return (batch: Batch, key: Key) => ({ negatives: sampler.sample(batch, key) });
}
