/** SmolLM2-135M reads a prompt of 512 tokens and says which token comes next; llama.cpp reads it from the same file. */
import type { Precision } from "#llm";
import type { Bench, Setup } from "../bench.ts";
import { modelSubject, peerOptions, promptOf, written } from "./llm.ts";

const at = (precision: Precision) => (arrays: Parameters<Bench["ours"]>[0], setup: Setup) =>
  modelSubject(precision, arrays, setup, (model, ids) => written(model, [ids], 1, "prompt"));

export const llmPrompt: Bench = {
  name: "llm-prompt",
  unit: "ms",
  workload: "SmolLM2-135M-Instruct (Q4_1): a prompt of 512 tokens, and the likeliest token after it",
  twin: "node",
  arrays: () => promptOf(512),
  ours: at("int8"),
  others: { float32: at("float32"), packed: at("packed") },
  peerOptions,
  compared: 1,
  tolerance: 0,
  warmUp: 2,
  turn: 2,
  turns: 5,
  compiles: false,
};
