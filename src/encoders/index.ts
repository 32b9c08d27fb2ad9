/** Floor 5: items and users as vectors. */
export { type EncodedTexts, type EncodingContext, encodedTexts } from "./encoded-texts.ts";
export { type FoundEncoder, findTextEncoder } from "./find-text-encoder.ts";
export {
  historyVector,
  type ItemSpace,
  moments,
  spaceFromArrays,
  spaceToArrays,
  standardised,
} from "./item-space.ts";
export { type Groups, kMeans } from "./k-means.ts";
export { LanguageEncoder, languageEncoder } from "./language-encoder.ts";
export { KeptStates, namesOf } from "./language-states/kept-states.ts";
export { type HistoryStates, LanguageStates, type LanguageStatesOptions } from "./language-states/language-states.ts";
export {
  type LightGcnNames,
  LightGcnNetwork,
  type LightGcnOptions,
  lightGcnSpace,
  lightGcnStages,
} from "./lightgcn.ts";
export { FactorNetwork, type FactorOptions, factorSpace, factorStages } from "./matrix-factorization.ts";
export type { PairOptions } from "./pair-objective.ts";
export { type ScoringOptions, scoring } from "./scoring.ts";
export { SentenceEncoder, sentenceEncoder } from "./sentence-encoder.ts";
export type { EncodeOptions, TextEncoder, TextVectors } from "./text-encoder.ts";
export { type TruncatedSvd, truncatedSvd } from "./truncated-svd.ts";
