/**
 * LightGCN as a recommender: user and item vectors smoothed over the graph of who took what; inner products rank.
 *   s_ui = ⟨u(history), E_i⟩, both from encoders/lightgcn.ts
 * Source: arXiv 2002.02126.
 * Differs: the user's vector comes from the history, not from a row that was trained for a known user.
 */
import { z } from "zod";
import { lightGcnSpace, lightGcnStages, scoring, spaceFromArrays } from "#encoders";
import { defineRecommender, vectorRanker } from "#recommender";

const config = z.strictObject({
  dim: z.int().min(1).default(64).describe("width D of user and item vectors"),
  layers: z.int().min(0).max(10).default(3).describe("propagations over the graph that are averaged (paper: 3)"),
  loss: z
    .enum(["sampled-softmax", "bpr"])
    .default("sampled-softmax")
    .describe("what pairs are trained by (paper: bpr)"),
  negatives: z.int().min(1).default(512).describe("items a batch shares as negatives (sampled-softmax)"),
  temperature: z.number().min(0).default(0.15).describe("divides cosines; 0: inner products (sampled-softmax)"),
  l2: z.number().min(0).default(1e-4).describe("weight of the squared untouched vectors of a batch (paper: 1e-4)"),
  decay: z
    .number()
    .min(0.05)
    .max(1)
    .default(0.7)
    .describe("weight of a history's item relative to the one after it (paper: 1)"),
  batchSize: z.int().min(1).default(4096).describe("pairs B of a step"),
  learningRate: z.number().positive().default(0.01).describe("rate of Adam (paper: 1e-3)"),
  epochs: z.int().min(1).default(30).describe("at most"),
  validateEvery: z.int().min(1).default(2).describe("epochs between two validations"),
  patience: z.int().min(1).default(3).describe("validations without improvement before it stops"),
});

/** Vectors of users and items, smoothed over the graph of interactions. */
export const lightgcn = defineRecommender({
  title: "LightGCN",
  paper: "https://arxiv.org/abs/2002.02126",
  summary: "Vectors of users and items, smoothed over the graph of who took what.",
  config,
  build: (options) => ({
    stages: lightGcnStages(options),
    open: async (earlier, catalogue, { runtime }) => {
      const space =
        earlier.space === undefined
          ? lightGcnSpace(earlier, catalogue.size, options)
          : spaceFromArrays(earlier.space.arrays, catalogue.size, "lightgcn");
      const { items, vectorOf, export: exported } = scoring(space, options);
      return vectorRanker({
        name: "lightgcn",
        items,
        vectorOf: ({ history }) => vectorOf(history),
        export: exported,
        runtime,
      });
    },
  }),
});
