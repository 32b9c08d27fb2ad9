/** Floor 4: chains of noise, what removes it, and how vectors are drawn from it. */
export { AdaLnDenoiser, type AdaLnOptions } from "./denoisers/ada-ln.ts";
export type { Denoiser } from "./denoisers/denoiser.ts";
export { Gaussian, strided, type Transition } from "./gaussian.ts";
export * as schedules from "./schedules/index.ts";
export { timeFeatures } from "./time-features.ts";
