import { type Sampler, walk } from "./sampler.ts";

/**
 * Ancestral sampling: each step is drawn from q(x_s | x_t, x̂_0).
 * Source: DDPM (arXiv 2006.11239), algorithm 2, over strided steps. Which of its two variances fits depends on the vectors:
 * "posterior" for points, "added" for a cloud; narrow clouds come out too narrow by the first.
 */
export const ddpm: Sampler = (noise, sampling) =>
  walk("ddpm", noise, sampling, (from, to) => sampling.chain.ancestral(from, to, sampling.variance));
