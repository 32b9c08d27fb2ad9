import type { Objective } from "./objective.ts";

/** It says x_0, and ε = (x_t − a x_0) / b (DreamRec, arXiv 2310.20453; ContRec). */
export const x0: Objective = {
  target: (clean) => clean,
  clean: (said) => said,
  estimate: () => ({ said: 1, noisy: 0 }),
  noise: (said, noisy, level) => noisy.sub(said.mul(level.signal)).div(level.noise),
};
