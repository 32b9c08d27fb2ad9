import type { Objective } from "./objective.ts";

/** It says ε, and x_0 = (x_t − b ε) / a (DDPM, arXiv 2006.11239, section 3.2; DeftRec). */
export const noise: Objective = {
  target: (_, drawn) => drawn,
  clean: (said, noisy, level) => noisy.sub(said.mul(level.noise)).div(level.signal),
  estimate: (signal, noise) => ({ said: -noise / signal, noisy: 1 / signal }),
  noise: (said) => said,
};
