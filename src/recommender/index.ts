/** Floor 5: what a recommender is, and everything that follows its scores. */
export { hide } from "#retrieval"; // a rule, needed by whoever ranks
export { ahead } from "./ahead.ts";
export { alone } from "./alone.ts";
export { rowsAtOnce } from "./at-once.ts";
export * from "./contract.ts";
export { type Because, explain, type Reason } from "./explain.ts";
export { type Exported, type ExportedGraph, HISTORY_INPUT_WORDS, HISTORY_INPUTS } from "./exported.ts";
export { type ExpertScores, Fuser, type Fusion } from "./fusion/fuse.ts";
export { PoolBuilder } from "./fusion/pool.ts";
export type { ExpertKind, ExpertShare, Priors } from "./fusion/share.ts";
export { type Measure, tune } from "./fusion/tune.ts";
export { columnsOf, exportedKernel, type KernelRankerOptions, kernelRanker } from "./kernel-ranker.ts";
export { type List, Lists } from "./lists.ts";
export {
  type Diversity,
  type Excluded,
  type ListOptions,
  type Recommendation,
  type Recommended,
  recommend,
  recommendAll,
} from "./rank.ts";
export { notNumbers, requireTopK } from "./requirements.ts";
export { type RerankOptions, reranked } from "./reranked/reranked.ts";
export { type Pipeline, type ScoredProfiles, scoreProfiles } from "./scores.ts";
export * from "./sequence/index.ts";
export { similar } from "./similar.ts";
export { type VectorRankerOptions, vectorRanker } from "./vector-ranker.ts";
