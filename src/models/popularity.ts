/**
 * Popularity: everyone gets the same list.   s_i = number of interactions with item i in training
 * The floor below all floors: a model that is not above it has learned nothing about the user.
 */
import { z } from "zod";
import { defineRecommender } from "#recommender";
import { countInteractions, savedFloat32 } from "#retrieval";
import { float32 } from "#tensor";

/** The same items for everyone, most taken first. */
export const popularity = defineRecommender({
  title: "Popularity",
  summary: "The most taken items, the same for everyone: the floor under every other model.",
  config: z.strictObject({}),
  build: () => ({
    stages: [
      {
        kind: "computed",
        name: "counts",
        compute: async ({ histories, catalogue }) => {
          const counts = countInteractions(histories, catalogue.size);
          return { arrays: { counts: float32(counts, [counts.length]) } };
        },
      },
    ],
    open: async (earlier, catalogue) => {
      const counts = savedFloat32(earlier.counts?.arrays, "counts", "popularity", catalogue.size + 1);
      return {
        experts: { popularity: "mass" },
        encode: async (profiles) => profiles.map(() => null),
        score: async (states, items) => ({ popularity: repeated(counts, states.length, items) }),
        export: () => ({
          arrays: { counts: float32(counts, [counts.length]) },
          formula: ["score[i] = counts[i], the same for every history; i is an item's index, 1 to N"],
        }),
        [Symbol.asyncDispose]: async () => {},
      };
    },
  }),
});

/** One row of scores for each of `rows` profiles, or the columns of `items` of it. */
function repeated(counts: Float32Array, rows: number, items?: Int32Array): Float32Array {
  const row = items === undefined ? counts : Float32Array.from(items, (item) => counts[item]);
  const scores = new Float32Array(rows * row.length);
  for (let at = 0; at < scores.length; at += row.length) scores.set(row, at);
  return scores;
}
