/** The benches: one is its file, its twin in peers/ and one line here. */
export { ddpm } from "./ddpm.ts";
export { denoiserStep } from "./denoiser-step.ts";
export { gemm } from "./gemm.ts";
export { llmDecode } from "./llm-decode.ts";
export { llmPrompt } from "./llm-prompt.ts";
export { loraSmollm2 } from "./lora-smollm2.ts";
export { loraStep } from "./lora-step.ts";
export { sasrecEpoch } from "./sasrec-epoch.ts";
export { sasrecStep } from "./sasrec-step.ts";
export { topk } from "./topk.ts";
