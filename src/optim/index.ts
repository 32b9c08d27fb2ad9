/** Floor 3: how weights change. */
export { accumulate } from "./accumulate.ts";
export { type AdamOptions, adam } from "./adam.ts";
export { Chain, chain, type Link, type State, type Update } from "./chain.ts";
export { clipGlobalNorm } from "./clip.ts";
export { freeze } from "./freeze.ts";
export type { Merged, TouchedRows } from "./merged.ts";
export { movingAverage } from "./moving-average.ts";
export type { Gradient, Gradients, Optimizer } from "./optimizer.ts";
export { rates } from "./rates.ts";
export { type Schedule, type WarmupCosine, warmupCosine } from "./schedule.ts";
export { type SgdOptions, sgd } from "./sgd.ts";
