/** Floor 4: chains of noise, what removes it, and how vectors are drawn from it. */
export { AdaLnDenoiser, type AdaLnOptions } from "./denoisers/ada-ln.ts";
export { ConcatDenoiser, type ConcatOptions } from "./denoisers/concat.ts";
export type { Denoiser } from "./denoisers/denoiser.ts";
export { PlainDenoiser, type PlainOptions } from "./denoisers/plain.ts";
export { Gaussian, strided, type Transition, type Variance } from "./gaussian.ts";
export { guided, type Says } from "./guidance.ts";
export * from "./losses/index.ts";
export * as objectives from "./objectives/index.ts";
export type { Level, Objective } from "./objectives/objective.ts";
export * as samplers from "./samplers/index.ts";
export type { Sampler, Sampling } from "./samplers/sampler.ts";
export * as schedules from "./schedules/index.ts";
export { timeFeatures } from "./time-features.ts";
