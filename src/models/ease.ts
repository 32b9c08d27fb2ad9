/**
 * EASE: a linear model of items on items with a closed form, one large inverse and no training.
 *   s_u = Σ_age decay^age · B[item of that age, ·], B from retrieval/neighbours/ease.ts
 * Source: H. Steck, WWW 2019 (arXiv:1905.03375).
 * Differs: the paper's s_u = R_u B forgets order (decay 1); here older items count less. B keeps `keep` entries a row.
 */
import { z } from "zod";
import { ConfigError } from "#base";
import { type Context, defineRecommender, kernelRanker } from "#recommender";
import {
  countInteractions,
  easeBytes,
  easeKernel,
  interactionMatrix,
  savedFloat32,
  sparseFromArrays,
  sparseToArrays,
  takenItems,
} from "#retrieval";
import { float32 } from "#tensor";

const config = z.strictObject({
  lambda: z
    .number()
    .min(0.01)
    .default(250)
    .describe("regularisation: the larger, the smaller the weights (usual: 100 to 1000)"),
  keep: z.int().min(1).default(500).describe("weights kept of each item, by magnitude"),
  fitLength: z.int().min(2).default(200).describe("last items of each training history that are counted"),
  decay: z
    .number()
    .min(0.05)
    .max(1)
    .default(0.8)
    .describe("weight of an item relative to the one after it (1: order does not matter, as in the paper)"),
  queryLength: z.int().min(1).max(1000).default(50).describe("last items of a history that are looked up"),
});

/** Items out of items by regularised least squares, in closed form. */
export const ease = defineRecommender({
  title: "EASE",
  paper: "https://arxiv.org/abs/1905.03375",
  summary:
    "A linear model in closed form, one inverse as large as the catalogue: strong where many took the same items.",
  config,
  build: ({ lambda, keep, fitLength, decay, queryLength }) => ({
    stages: [
      {
        kind: "computed",
        name: "weights",
        compute: async ({ histories, catalogue }, _, _key, context) => {
          const interactions = interactionMatrix(histories, catalogue.size, { lastItems: fitLength });
          announceMemory(takenItems(interactions).length, keep, context);
          const kernel = await easeKernel(interactions, {
            lambda,
            keep,
            runtime: context.runtime,
            signal: context.signal,
            progress: (done, of) => context.emit({ type: "progress", what: "inverting", done, of }),
          });
          const popularity = countInteractions(histories, catalogue.size);
          return { arrays: { ...sparseToArrays(kernel), popularity: float32(popularity, [popularity.length]) } };
        },
      },
    ],
    open: async (earlier, catalogue) => {
      const arrays = earlier.weights?.arrays;
      const kernel = sparseFromArrays(arrays, catalogue.size + 1, "ease");
      const popularity = savedFloat32(arrays, "popularity", "ease", catalogue.size + 1);
      return kernelRanker({ expert: "ease", kind: "logits", kernel, popularity, decay, queryLength });
    },
  }),
});

/** Says what the inverse will take, before any of it is taken; more than is allowed is refused. */
function announceMemory(items: number, keep: number, { emit, memoryBytes = Number.POSITIVE_INFINITY }: Context): void {
  const bytes = easeBytes(items, keep);
  const what = `the inverse over ${items} items takes ${megabytes(bytes)}`;
  emit({ type: "message", text: `ease: ${what}.` });
  if (bytes <= memoryBytes) return;
  throw new ConfigError(`ease: ${what}, more than the ${megabytes(memoryBytes)} that a stage may take.`, {
    code: "too-much-memory",
    field: "memory",
    hint: `Allow it with --memory ${Math.ceil(bytes / 1e6)}MB, import with a larger --min-item, or train itemknn, which needs no inverse.`,
  });
}

function megabytes(bytes: number): string {
  return `${Math.ceil(bytes / 1e6)} MB`;
}
