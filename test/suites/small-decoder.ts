/** A decoder with every part that a family may use, and weights drawn for it: what tests of the language-model room run. */
import type { DecoderConfig } from "#llm";
import { Decoder } from "#llm";
import { Weights } from "#nn";
import { type Arrays, float32 } from "#tensor";
import { normals } from "./examples.ts";

export const SMALL_DECODER: DecoderConfig = {
  vocabulary: 7,
  dim: 6,
  layers: 2,
  heads: 4,
  keyValueHeads: 2,
  headDim: 4,
  hidden: 5,
  epsilon: 1e-5,
  rope: { base: 100, scaling: { kind: "linear", factor: 2 } },
  maxPositions: 16,
  tied: false,
  parts: { queryKeyValueBias: true, outputBias: true, feedForwardBias: true, queryKeyNorm: true },
};

/** Weights by address, its table among them. */
export function drawnWeights(config: DecoderConfig): Arrays {
  const weights = Weights.planned();
  new Decoder(weights, config);
  const drawn = Object.entries(weights.parameters).map(([address, { shape }]) => {
    const { data } = normals(shape as readonly number[], address); // as: parameters have sizes
    return [
      address,
      float32(
        data.map((value) => value * 0.5),
        shape as readonly number[],
      ),
    ] as const;
  });
  return { ...Object.fromEntries(drawn), "embedding.weight": normals([config.vocabulary, config.dim], "table") };
}
