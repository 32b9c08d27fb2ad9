/** Floor 6: metrics and the protocol they are taken under. Knows rankers, never how they were trained. */
export { askedProfiles } from "./asked-profiles.ts";
export type { Certainty } from "./certainty.ts";
export { type Evaluation, type EvaluationRequest, evaluate, type ListListener, type Protocol } from "./evaluate.ts";
export { type RankFigure, rankFigures } from "./figures.ts";
export type { ListContext, ListMetric, Metric, ProbabilityMetric, RankMetric, Tally } from "./metric.ts";
export * as metrics from "./metrics/index.ts";
export { rankOf } from "./rank-of.ts";
export type { ResponseFigures } from "./responses.ts";
export type { AskedTarget, Slice, SliceContext, SlicePart, Slicing } from "./slice.ts";
export * as slicings from "./slices/index.ts";
export { qrelsLine, runLines } from "./trec.ts";
