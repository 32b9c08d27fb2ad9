/** Floor 6: metrics and the protocol they are taken under. Knows rankers, never how they were trained. */
export { type Evaluation, type EvaluationRequest, evaluate, type Protocol } from "./evaluate.ts";
export type { ListMetric, Metric, RankMetric, Tally } from "./metric.ts";
export * as metrics from "./metrics/index.ts";
export { rankOf } from "./rank-of.ts";
