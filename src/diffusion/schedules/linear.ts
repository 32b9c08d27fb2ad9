import { fromBetas, type Schedule } from "./schedule.ts";

/** β rises evenly from 1e-4 to 0.02 (DDPM, arXiv 2006.11239, section 4; 1,000 steps there). */
export const linear: Schedule = (steps) =>
  fromBetas(steps, (step) => 1e-4 + ((0.02 - 1e-4) * step) / Math.max(1, steps - 1));
