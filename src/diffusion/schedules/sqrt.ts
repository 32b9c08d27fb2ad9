import type { Schedule } from "./schedule.ts";

/** ᾱ(t) = 1 − √(t/S + 1e-4), which starts noisier than the others (Diffusion-LM, arXiv 2205.14217, appendix A). */
export const sqrt: Schedule = (steps) =>
  Float64Array.from({ length: steps }, (_, step) => Math.max(1e-9, 1 - Math.sqrt((step + 1) / steps + 1e-4)));
