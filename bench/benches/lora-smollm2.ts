/**
 * One LoRA step through a real model, SmolLM2-135M-Instruct (../shared/models): rank 16 on all seven projections, 4 texts of
 * 256 tokens, of which the last 64 are learned, AdamW. `ours` is float32 on the dequantised weights, as the twin (PyTorch,
 * transformers and PEFT); `packed` holds the projections in the file's own 4 bits and computes the same gradients; `rounded`
 * multiplies whole numbers of 8 bits, forward and back, which is near them.
 */
import { fileURLToPath } from "node:url";
import { FrozenModel, type Precision } from "#llm";
import type { Arrays } from "#tensor";
import type { Bench, Setup } from "../bench.ts";
import { loraSubject, peerOptions, startingArrays } from "./lora.ts";

const LABELLED = 64;
// Compiled, this file lies in bench/.build/benches/.
const MODEL = fileURLToPath(new URL("../../../../shared/models/smollm2-135m", import.meta.url));

const models = new Map<Precision, Promise<FrozenModel>>();
function load(precision: Precision): Promise<FrozenModel> {
  const known = models.get(precision) ?? FrozenModel.load(MODEL, { precision });
  models.set(precision, known);
  return known;
}

async function arrays(): Promise<Arrays> {
  const model = await load("float32");
  return { ...model.arrays, ...startingArrays(model, model.config.vocabulary) };
}

const through = (precision: Precision) => async (given: Arrays, setup: Setup) => {
  return loraSubject(given, setup, await load(precision), LABELLED);
};

/** SmolLM2-135M, rank 16, seven projections, 4 × 256 tokens, AdamW. */
export const loraSmollm2: Bench = {
  name: "lora-smollm2",
  unit: "ms/step",
  workload:
    "LoRA on SmolLM2-135M: rank 16, seven projections, 4 × 256 tokens, 64 labels a text, AdamW; packed: 4-bit weights; rounded: products of 8 bits",
  arrays,
  ours: through("float32"),
  others: { packed: through("packed"), rounded: through("int8") },
  peerOptions: () =>
    peerOptions({ heads: 9, keyValueHeads: 3, base: 100_000, epsilon: 1e-5, positions: 8192, tied: true }, LABELLED),
  compared: 3,
  tolerance: 1e-3,
  warmUp: 1,
  turn: 2,
  turns: 3,
  compiles: false,
};
