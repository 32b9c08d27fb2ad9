/** Floor 4: pretrained language models: checkpoints, the decoder, generation. */
export {
  estimateMemory,
  type LoadProgress,
  loadWeights,
  type MemoryEstimate,
  type Precision,
  requireWeights,
} from "./checkpoint/load.ts";
export { openCheckpoint } from "./checkpoint/open.ts";
export type { Checkpoint } from "./checkpoint/source.ts";
export { type ModelText, openText } from "./checkpoint/text.ts";
export type { DecoderConfig, DecoderParts, SpecialTokens } from "./config.ts";
export { Decoder } from "./decoder.ts";
export { EmbeddingTable } from "./embedding-table.ts";
export type { Family } from "./families/family.ts";
export { FrozenModel, type FrozenOptions, type TracedModel } from "./frozen-model.ts";
export { KeyValueCache } from "./generation/cache.ts";
export { type Constraint, TokenTrie } from "./generation/constraint.ts";
export type { GeneratedStep, GenerateOptions } from "./generation/generate.ts";
export { chooseToken, type Sampling, surprise, topTokens } from "./generation/sampling.ts";
export type { StatesOptions } from "./generation/states.ts";
export { TextStream } from "./generation/text-stream.ts";
export type { FetchOptions } from "./hub/fetch-model.ts";
export { locateModel } from "./hub/locate.ts";
export { type Labelled, labelledRows, languageLoss, UNLABELLED } from "./language-loss.ts";
export { LanguageModel, type OpenOptions, type Prompt } from "./language-model.ts";
export { type Adapter, merged as mergedAdapter, readAdapter, writeAdapter } from "./lora/adapter.ts";
export { type LoraOptions, lora, onProjections } from "./lora/lora.ts";
export { PROJECTIONS, type ProjectionName } from "./names.ts";
export { dense, type Packing, type Project, type Projection, packed } from "./projection.ts";
