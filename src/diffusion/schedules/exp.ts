import { fromBetas, type Schedule } from "./schedule.ts";

const LEAST = 0.1;
const MOST = 10;

/**
 * β_t = 1 − exp(−0.1/S − x_t (10 − 0.1)/(2 S²)),  x_t from 1 to 2S + 1 in S even steps.
 * Source: DreamRec (arXiv 2310.20453), as ContRec's code at fb09d68 has it; 200 steps there, after which ᾱ is 6.3e-3.
 */
export const exp: Schedule = (steps) =>
  fromBetas(steps, (step) => {
    const x = 1 + (2 * steps * step) / Math.max(1, steps - 1);
    return 1 - Math.exp(-LEAST / steps - (x * 0.5 * (MOST - LEAST)) / (steps * steps));
  });
