/** Floor 6: stages, steps, early stopping, checkpoints. Blind to models and metrics. */
export { type FitOptions, type FitResult, type FittedStage, fit } from "./fit.ts";
export type { Validate } from "./learn.ts";
export { TrainingStep } from "./step.ts";
export type { Checkpoint, Finished, Store } from "./store.ts";
