import type { Objective } from "./objective.ts";

/**
 * It says v = a ε − b x_0, and x_0 = a x_t − b v, ε = b x_t + a v, which divide by nothing at either end of a chain
 * (arXiv 2202.00512, section 4 and appendix D).
 */
export const v: Objective = {
  target: (clean, drawn, level) => drawn.mul(level.signal).sub(clean.mul(level.noise)),
  clean: (said, noisy, level) => noisy.mul(level.signal).sub(said.mul(level.noise)),
  estimate: (signal, noise) => ({ said: -noise, noisy: signal }),
  noise: (said, noisy, level) => noisy.mul(level.noise).add(said.mul(level.signal)),
};
