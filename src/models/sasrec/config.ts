import { z } from "zod";
import { sequenceShape } from "#recommender";

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
  loss: z
    .enum(["sampled-softmax", "ce", "bce"])
    .default("sampled-softmax")
    .describe("what each position is trained by"),
  ...sequenceShape,
});

export type SasRecConfig = z.output<typeof config>;
