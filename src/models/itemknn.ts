/**
 * Item neighbours: what was taken by the same users as the items of this history; nothing is trained.
 *   s_u = Σ_age decay^age · K[item of that age, ·], K from retrieval/neighbours/itemknn.ts
 * Source: Deshpande and Karypis, TOIS 22 (2004); the decay is the usual time weight in positions instead of seconds.
 * Differs: an item that stands several times in a history is looked up as often. With decay 1 and all of a history looked
 * up it is the classic s_u = R_u K.
 */
import { z } from "zod";
import { defineRecommender, kernelRanker } from "#recommender";
import {
  countInteractions,
  interactionMatrix,
  itemKnnKernel,
  savedFloat32,
  sparseFromArrays,
  sparseToArrays,
} from "#retrieval";
import { float32 } from "#tensor";

const config = z.strictObject({
  neighbours: z.int().min(1).max(10_000).default(200).describe("neighbours kept of each item (usual: 20 to 200)"),
  shrinkage: z
    .number()
    .min(0)
    .default(20)
    .describe("added to the divisor: the larger, the less items that few took count (usual: 0 to 100)"),
  inverseUserFrequency: z
    .boolean()
    .default(true)
    .describe("weigh a user by 1 / log(1 + items taken), so that who took everything says little"),
  counts: z.boolean().default(false).describe("an item taken n times counts n times, not once"),
  fitLength: z.int().min(2).default(200).describe("last items of each training history that are counted"),
  decay: z.number().min(0.05).max(1).default(0.7).describe("weight of an item relative to the one after it"),
  queryLength: z.int().min(1).max(1000).default(50).describe("last items of a history that are looked up"),
});

/** What the same users took, by cosine similarity of the items' columns. */
export const itemknn = defineRecommender({
  title: "ItemKNN",
  paper: "https://doi.org/10.1145/963770.963776",
  summary: "Items alike are those the same users took, in whatever order: counted in seconds, no training.",
  config,
  build: ({ neighbours, shrinkage, inverseUserFrequency, counts, fitLength, decay, queryLength }) => ({
    stages: [
      {
        kind: "computed",
        name: "neighbours",
        compute: async ({ histories, catalogue }) => {
          const interactions = interactionMatrix(histories, catalogue.size, { lastItems: fitLength, counts });
          const kernel = itemKnnKernel(interactions, { neighbours, shrinkage, inverseUserFrequency });
          const popularity = countInteractions(histories, catalogue.size);
          return { arrays: { ...sparseToArrays(kernel), popularity: float32(popularity, [popularity.length]) } };
        },
      },
    ],
    open: async (earlier, catalogue) => {
      const arrays = earlier.neighbours?.arrays;
      const kernel = sparseFromArrays(arrays, catalogue.size + 1, "itemknn");
      const popularity = savedFloat32(arrays, "popularity", "itemknn", catalogue.size + 1);
      return kernelRanker({ expert: "itemknn", kind: "mass", kernel, popularity, decay, queryLength });
    },
  }),
});
