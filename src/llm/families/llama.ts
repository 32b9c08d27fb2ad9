/**
 * LLaMA and what is built like it: TinyLlama, SmolLM2, Llama 2, Llama 3 (with its slowed-down rotary frequencies).
 * Source: Touvron et al. 2023 (arXiv 2302.13971), Llama 3 (arXiv 2407.21783).
 */
import type { Family } from "./family.ts";

export const llama: Family = {
  modelType: "llama",
  ggufArchitecture: "llama",
  interleavedInGguf: true,
  parts: ({ attentionBias, feedForwardBias }) => ({
    queryKeyValueBias: attentionBias,
    outputBias: attentionBias,
    feedForwardBias,
    queryKeyNorm: false,
  }),
};
