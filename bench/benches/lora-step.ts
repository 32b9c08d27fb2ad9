/**
 * One LoRA step through a small LLaMA of random weights: width 288, 6 layers, 6 heads, feed-forward 768, vocabulary 32,000,
 * rank 16 on all seven projections, 4 texts of 256 tokens, every token learned, AdamW.
 */
import { Decoder, type DecoderConfig, dense, EmbeddingTable, lora } from "#llm";
import { Weights } from "#nn";
import { fillNormal } from "#random";
import { type Arrays, float32, type NdArray } from "#tensor";
import type { Bench } from "../bench.ts";
import { type Frozen, KEY, loraSubject, peerOptions, startingArrays } from "./lora.ts";

const CONFIG: DecoderConfig = {
  vocabulary: 32_000,
  dim: 288,
  layers: 6,
  heads: 6,
  keyValueHeads: 6,
  headDim: 48,
  hidden: 768,
  epsilon: 1e-5,
  rope: { base: 10_000, scaling: { kind: "linear", factor: 1 } },
  maxPositions: 256,
  tied: true,
  parts: { queryKeyValueBias: false, outputBias: false, feedForwardBias: false, queryKeyNorm: false },
};

const traced: Frozen["traced"] = (adapters, options) => {
  const planned = Weights.planned();
  const decoder = new Decoder(planned, CONFIG, { project: lora(dense, adapters, options), embeds: false });
  return { decoder, head: planned.parameters["embedding.weight"] };
};

function baseWeights(): Arrays {
  const planned = Weights.planned();
  new Decoder(planned, CONFIG);
  const entries = Object.entries(planned.parameters).map(([address, { shape }]): [string, NdArray] => {
    const sizes = shape as readonly number[]; // as: parameters have sizes
    const data = new Float32Array(sizes.reduce((product, size) => product * size, 1)).fill(1);
    if (sizes.length === 2) fillNormal(KEY.fold(address), data, 0.02);
    return [address, float32(data, sizes)];
  });
  return Object.fromEntries(entries);
}

/** d 288, 6 layers, vocabulary 32,000, 4 × 256 tokens, rank 16. */
export const loraStep: Bench = {
  name: "lora-step",
  unit: "ms/step",
  workload:
    "LoRA on a random LLaMA: width 288, 6 layers, 6 heads, feed-forward 768, vocabulary 32,000, rank 16, 4 × 256 tokens, AdamW",
  arrays: async () => ({ ...baseWeights(), ...startingArrays({ traced }, CONFIG.vocabulary) }),
  ours: async (given, setup) => {
    const table = EmbeddingTable.dense(given["embedding.weight"] as NdArray<Float32Array>); // as: made above
    const frozen = { arrays: given, traced, embed: (ids: readonly number[]) => table.rows(ids), config: CONFIG };
    return loraSubject(given, setup, frozen, 256);
  },
  peerOptions: () =>
    peerOptions({ heads: 6, keyValueHeads: 6, base: 10_000, epsilon: 1e-5, positions: 256, tied: true }, 256),
  compared: 5,
  tolerance: 1e-3,
  warmUp: 2,
  turn: 3,
  turns: 5,
  compiles: false,
};
