import { z } from "zod";
import { sequenceShape } from "#recommender";

/** GRU4Rec's options. */
export const config = z.strictObject({
  dim: z.int().min(1).default(64).describe("width D of item vectors"),
  hidden: z.int().min(1).default(128).describe("width H of the recurrent state"),
  dropout: z.number().min(0).max(0.95).default(0.3).describe("of embeddings and of states"),
  loss: z
    .enum(["sampled-softmax", "ce", "bpr-max", "top1", "bce"])
    .default("sampled-softmax")
    .describe("what each position is trained by"),
  regularisation: z
    .number()
    .min(0)
    .default(0)
    .describe("weight of the squared scores of negatives (bpr-max; with scoring: inner)"),
  ...sequenceShape,
});

export type Gru4RecConfig = z.output<typeof config>;
