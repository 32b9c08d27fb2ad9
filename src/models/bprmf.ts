/**
 * BPR-MF: a vector a user, a vector an item, trained so that what was taken scores above what was not.
 *   s_ui = ⟨u(history), E_i⟩, both from encoders/matrix-factorization.ts
 * Source: Rendle et al., arXiv 1205.2618.
 * Differs: the user's vector at work comes from the history, not from a row that was trained for a known user.
 */
import { z } from "zod";
import { factorSpace, factorStages, scoring, spaceFromArrays } from "#encoders";
import { defineRecommender, vectorRanker } from "#recommender";

const config = z.strictObject({
  dim: z.int().min(1).default(64).describe("width D of user and item vectors"),
  loss: z.enum(["bpr", "sampled-softmax"]).default("bpr").describe("what pairs are trained by (paper: bpr)"),
  negatives: z.int().min(1).default(512).describe("items a batch shares as negatives (sampled-softmax)"),
  temperature: z.number().min(0).default(0.15).describe("divides cosines; 0: inner products (sampled-softmax)"),
  l2: z.number().min(0).default(0.03).describe("weight of the squared vectors of a batch"),
  decay: z
    .number()
    .min(0.05)
    .max(1)
    .default(0.8)
    .describe("weight of a history's item relative to the one after it (paper: 1)"),
  batchSize: z.int().min(1).default(4096).describe("pairs B of a step"),
  learningRate: z.number().positive().default(0.01).describe("rate of Adam"),
  epochs: z.int().min(1).default(50).describe("at most"),
  validateEvery: z.int().min(1).default(5).describe("epochs between two validations"),
  patience: z.int().min(1).default(3).describe("validations without improvement before it stops"),
});

/** A vector a user, a vector an item; memory and time grow with the tables and the interactions, with nothing else. */
export const bprmf = defineRecommender({
  title: "BPR-MF",
  paper: "https://arxiv.org/abs/1205.2618",
  summary: "Matrix factorisation by pairwise ranking: what was taken scores above what was not.",
  config,
  build: (options) => ({
    stages: factorStages(options),
    open: async (earlier, catalogue, { runtime }) => {
      const space =
        earlier.space === undefined
          ? factorSpace(earlier, catalogue.size, options)
          : spaceFromArrays(earlier.space.arrays, catalogue.size, "bprmf");
      const { items, vectorOf, export: exported } = scoring(space, options);
      return vectorRanker({
        name: "bprmf",
        items,
        vectorOf: ({ history }) => vectorOf(history),
        export: exported,
        runtime,
      });
    },
  }),
});
