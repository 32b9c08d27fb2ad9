import { fromBetas, type Schedule } from "./schedule.ts";

const OFFSET = 0.008;
const LEAST_BETA = 1e-4;
const MOST_BETA = 0.9999;

/** ᾱ(t) = cos²((t/S + s)/(1 + s) · π/2), s = 0.008, with β kept inside [1e-4, 0.9999] (arXiv 2102.09672, section 3.2). */
export const cosine: Schedule = (steps) => {
  const alphaBar = (at: number) => Math.cos(((at / steps + OFFSET) / (1 + OFFSET)) * (Math.PI / 2)) ** 2;
  return fromBetas(steps, (step) => {
    const beta = 1 - alphaBar(step + 1) / alphaBar(step);
    return Math.min(MOST_BETA, Math.max(LEAST_BETA, beta));
  });
};
