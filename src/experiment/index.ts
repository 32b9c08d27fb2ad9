/** Floor 7: runs, from options to a directory on disk and back to something that answers. */
export type { BatchOptions, BatchSummary } from "./batch.ts";
export { Bootstrap, type Difference, type Interval } from "./bootstrap.ts";
export { type CompareOptions, type Comparison, compare } from "./compare.ts";
export { CUTOFFS, type EvaluateOptions, type EvaluationReport } from "./evaluate.ts";
export type { ExportOptions, ExportSummary } from "./export.ts";
export { FIT_ON, type FitOn } from "./fit-on.ts";
export { Lock } from "./lock.ts";
export { type Importing, type RunManifest, readManifest, type TrainSummary } from "./manifest.ts";
export { type LoadOptions, load, type Model } from "./model.ts";
export { findModel, models } from "./models.ts";
export type { TrainOptions } from "./plan.ts";
export type { ListedItem, Recommendations, RecommendOptions } from "./recommend.ts";
export type { Rules } from "./rules.ts";
export { runtimeOf } from "./runtime.ts";
export type { SimilarItems, SimilarOptions } from "./similar.ts";
export { trainRun } from "./train.ts";
export { type Training, train } from "./training.ts";
export { installed, versions } from "./versions.ts";
