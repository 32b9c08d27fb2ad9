/** The benches: one is its file, its twin in peers/ and one line here. */
export { ddpm } from "./ddpm.ts";
export { denoiserStep } from "./denoiser-step.ts";
export { gemm } from "./gemm.ts";
export { sasrecEpoch } from "./sasrec-epoch.ts";
export { sasrecStep } from "./sasrec-step.ts";
export { topk } from "./topk.ts";
