/** SmolLM2-135M writes 64 tokens behind a prompt of 64, a token's time; llama.cpp writes them from the same file. */
import type { Precision } from "#llm";
import type { Bench, Setup } from "../bench.ts";
import { modelSubject, peerOptions, promptOf, type Step, written } from "./llm.ts";

const TOKENS = 64;

/** A token's time, behind the first one; of several rows, what a token costs of any of them. */
const at = (precision: Precision, rows: number) => (arrays: Parameters<Bench["ours"]>[0], setup: Setup) =>
  modelSubject(precision, arrays, setup, async (model, ids): Promise<Step> => {
    const prompts = Array.from({ length: rows }, () => ids);
    const step = await written(model, prompts, 1 + TOKENS, "first token");
    const tokens = TOKENS * rows;
    return { ...step, milliseconds: step.milliseconds / tokens, processor: step.processor / tokens };
  });

export const llmDecode: Bench = {
  name: "llm-decode",
  unit: "ms",
  workload:
    "SmolLM2-135M-Instruct (Q4_1): a token behind a prompt of 64 tokens, 64 of them; batchOf8: one of eight rows",
  twin: "node",
  arrays: () => promptOf(64),
  ours: at("int8", 1),
  others: { packed: at("packed", 1), float32: at("float32", 1), batchOf8: at("int8", 8) },
  peerOptions,
  compared: 1,
  tolerance: 0,
  warmUp: 1,
  turn: 1,
  turns: 7,
  compiles: false,
};
