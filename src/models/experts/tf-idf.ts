/**
 * A stage that leaves each item's neighbours by the rare terms their texts share (retrieval/neighbours/tf-idf.ts).
 * Terms are words and, beside them, either the first word and the first two (brand and product line, in most titles) or all
 * pairs of neighbouring words. The first are better on Amazon's titles (docs/log.md).
 */
import type { Computed } from "#recommender";
import { sparseNeighbours, sparseToArrays, tfIdfVectors } from "#retrieval";
import { nGrams, withLeadingWords, words } from "#text";
import { itemTexts } from "./texts.ts";

/** What is a term; a pair that only one text has joins nothing. */
export const TERMS = {
  leading: { of: withLeadingWords, minDocuments: 1 },
  pairs: { of: (tokens: readonly string[]) => nGrams(tokens, 1, 2), minDocuments: 2 },
} as const;

/** Neighbours kept an item. */
export const TEXT_NEIGHBOURS = 100;

/** The stage `tfidf`; `model` and `option` are who asks for it, for errors. */
export function tfIdfStage(model: string, option: string, terms: keyof typeof TERMS): Computed {
  return {
    kind: "computed",
    name: "tfidf",
    compute: async ({ catalogue }) => {
      const { of, minDocuments } = TERMS[terms];
      const documents = itemTexts(catalogue, model, option).map((text) => of(words(text)));
      return { arrays: sparseToArrays(sparseNeighbours(tfIdfVectors(documents, { minDocuments }), TEXT_NEIGHBOURS)) };
    },
  };
}
