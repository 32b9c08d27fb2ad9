import { type Sampler, walk } from "./sampler.ts";

/** Implicit sampling: few steps, and with η = 0 nothing is drawn on the way (DDIM, arXiv 2010.02502, equation 12). */
export const ddim: Sampler = (noise, sampling) =>
  walk("ddim", noise, sampling, (from, to) => sampling.chain.implicit(from, to, sampling.eta ?? 0));
