import { z } from "zod";

/** SASRec's options. */
export const config = z.strictObject({
  dim: z.int().min(1).default(64).describe("width D of item vectors"),
  blocks: z.int().min(1).default(2).describe("transformer blocks (paper: 2)"),
  heads: z.int().min(1).default(2).describe("attention heads; they divide the width"),
  hidden: z.int().min(1).default(128).describe("width inside a block's feed-forward half"),
  dropout: z
    .number()
    .min(0)
    .max(0.95)
    .default(0.2)
    .describe("of embeddings, attention weights and both halves of a block"),
  maxLength: z.int().min(1).default(50).describe("last items of a history that are read"),
  windows: z
    .enum(["last", "cut", "sliding"])
    .default("last")
    .describe(
      "what a training row reads of longer histories: their last items, all of them side by side, or overlapping",
    ),
  stride: z.int().min(1).default(25).describe("items between the ends of two windows (sliding)"),
  loss: z
    .enum(["sampled-softmax", "ce", "bce"])
    .default("sampled-softmax")
    .describe("what each position is trained by"),
  negatives: z.int().min(1).default(512).describe("items a batch shares as negatives (sampled-softmax)"),
  negativePower: z
    .number()
    .min(0)
    .max(1)
    .default(0)
    .describe("how far popular items are likelier negatives: 0 all alike, 1 as often as they are taken"),
  scoring: z
    .enum(["cosine", "inner"])
    .default("cosine")
    .describe("whether item vectors have unit length (and a learned scale)"),
  batchSize: z.int().min(1).default(64).describe("histories B of a step"),
  learningRate: z.number().positive().default(1e-3).describe("highest rate of Adam"),
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
  epochs: z.int().min(1).default(30).describe("at most"),
  validateEvery: z.int().min(1).default(2).describe("epochs between two validations"),
  patience: z.int().min(1).default(4).describe("validations without improvement before it stops"),
  bucket: z.boolean().default(true).describe("group histories of like length, so that padding is not computed"),
});

export type SasRecConfig = z.output<typeof config>;
