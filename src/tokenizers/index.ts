/** Floor 5: vectors of items become tokens. */
export { type AdditiveOptions, AdditiveTokenizer } from "./additive.ts";
export { type CodeUsage, codeUsage } from "./code-usage.ts";
export {
  type Cluster,
  type DiscreteItemTokenizer,
  type ItemTokenizer,
  type ItemTokenizerOptions,
  isDiscrete,
  type TrainedTokens,
} from "./item-tokenizer.ts";
export * as itemTokenizers from "./kinds.ts";
export * from "./losses/index.ts";
export { MqTokenizer, type QuantisedOptions } from "./mq.ts";
export { RqVaeTokenizer } from "./rq-vae.ts";
