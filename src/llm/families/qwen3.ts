/** Qwen3: RMS norms on each head's query and key, heads wider than their share of D.   Source: arXiv 2505.09388. */
import type { Family } from "./family.ts";

export const qwen3: Family = {
  modelType: "qwen3",
  ggufArchitecture: "qwen3",
  interleavedInGguf: false,
  parts: ({ attentionBias }) => ({
    queryKeyValueBias: attentionBias,
    outputBias: attentionBias,
    feedForwardBias: false,
    queryKeyNorm: true,
  }),
};
