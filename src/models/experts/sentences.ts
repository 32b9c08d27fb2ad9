/**
 * A stage that leaves each item's neighbours by what a sentence encoder makes of their texts: vectors with evened principal
 * axes, cosine squared. Weaker than shared words alone, and they find other items: together they are stronger (docs/log.md).
 */
import { encodedTexts } from "#encoders";
import type { Computed } from "#recommender";
import { evenedAxes, sparseToArrays, vectorNeighbours } from "#retrieval";
import { itemTexts } from "./texts.ts";
import { TEXT_NEIGHBOURS } from "./tf-idf.ts";

/** How far axes are evened: 0 not at all, ½ to white noise. */
const EVENING = 0.25;
const POWER = 2;

/** The stage `sentences`, with the encoder at `encoder`; `model` and `option` are who asks for it, for errors. */
export function sentenceStage(model: string, option: string, encoder: string): Computed {
  return {
    kind: "computed",
    name: "sentences",
    compute: async ({ catalogue }, _earlier, _key, context) => {
      const texts = itemTexts(catalogue, model, option);
      const { vectors, files } = await encodedTexts(encoder, texts, context);
      const options = { topK: TEXT_NEIGHBOURS, power: POWER };
      const neighbours = await vectorNeighbours(evenedAxes(vectors, EVENING), options, context.runtime);
      return { arrays: sparseToArrays(neighbours), files };
    },
  };
}
