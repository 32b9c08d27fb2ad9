/** A decoder with every part that a family may use, and weights drawn for it: what tests of the language-model room run. */
import type { DecoderConfig } from "#llm";
import { Decoder } from "#llm";
import { Weights } from "#nn";
import { type Arrays, float32 } from "#tensor";
import { DecoderSession } from "../../src/llm/generation/session.ts";
import { dense } from "../../src/llm/projection.ts";
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

const { "embedding.weight": table, ...others } = drawnWeights(SMALL_DECODER);

/** Vectors of token ids: [n] → [n, D]. */
export function smallEmbed(ids: readonly number[]): Float32Array {
  const { dim } = SMALL_DECODER;
  return Float32Array.from(ids.flatMap((id) => [...(table.data as Float32Array).subarray(id * dim, (id + 1) * dim)]));
}

/** That decoder at work. */
export function openSmallSession(): Promise<DecoderSession> {
  return DecoderSession.open(SMALL_DECODER, { ...others }, { project: dense, runtime: { device: "cpu", threads: 1 } });
}
