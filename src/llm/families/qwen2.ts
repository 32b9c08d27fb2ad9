/** Qwen2 and Qwen2.5: biases on queries, keys and values, whatever config.json says.   Source: arXiv 2407.10671, 2412.15115. */
import type { Family } from "./family.ts";

export const qwen2: Family = {
  modelType: "qwen2",
  ggufArchitecture: "qwen2",
  interleavedInGguf: false,
  parts: () => ({ queryKeyValueBias: true, outputBias: false, feedForwardBias: false, queryKeyNorm: false }),
};
