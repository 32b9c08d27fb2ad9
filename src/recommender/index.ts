/** Floor 5: what a recommender is, and everything that follows its scores. */
export * from "./contract.ts";
export { type ExpertScores, type FusionWeights, fuse } from "./fuse.ts";
export { hide } from "./masks.ts";
export { type ListOptions, type Recommendation, type Recommended, recommend, recommendAll } from "./rank.ts";
export { notNumbers, requireTopK } from "./requirements.ts";
export { type Pipeline, type ScoredProfiles, scoreProfiles } from "./scores.ts";
export { similar } from "./similar.ts";
