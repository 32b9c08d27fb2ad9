/**
 * What an item tokenizer is: a vector becomes K tokens, and the tokens say what the vector was. Whether tokens are
 * continuous (latents) or discrete (codes) is its own business; whoever reads them sees [B, K, W] either way.
 */
import type { Key, TracedKey } from "#random";
import type { Arrays, Tensor } from "#tensor";

/** What every tokenizer may be told; each reads what concerns it. */
export interface ItemTokenizerOptions {
  /** Width D of what is tokenized. */
  readonly dim: number;
  /** Width W of a token. */
  readonly width: number;
  /** K. */
  readonly ways: number;
  /** Width inside encoders and decoder. */
  readonly hidden: number;
  /** Share ρ of the features that are hidden in training. */
  readonly mask: number;
}

/** Tokens of a training step, and what is to be minimised beside their reconstruction, where there is anything. */
export interface TrainedTokens {
  readonly tokens: Tensor; // [B, K, W]
  readonly auxiliary?: Tensor; // []
}

export interface ItemTokenizer {
  /** x [B, D] → tokens [B, K, W]; with a key as in training. */
  tokens(x: Tensor, key?: TracedKey): Tensor;
  /** tokens [B, K, W] → x̂ [B, D] */
  reconstruct(tokens: Tensor): Tensor;
  /** tokens [..., K, W] → the one vector that stands for the item where there is room for one: [..., 1, W] */
  lead(tokens: Tensor): Tensor;
  /** The same tokens as with this key, and their auxiliary loss over the rows that `present` [B] bool names: all without it. */
  trained(x: Tensor, key: TracedKey, present?: Tensor): TrainedTokens;
}

/** A tokenizer whose tokens are rows of codebooks. */
export interface DiscreteItemTokenizer extends ItemTokenizer {
  /** x [B, D] → codes [B, K] int32 */
  codes(x: Tensor): Tensor;
  /** What is quantised: x [B, D] → [B, M, W], M = K where each way has a latent of its own, else 1. */
  latents(x: Tensor): Tensor;
  /** Codebooks that start as centres of latents [B, M, W], by address; codes for which there is no centre are left out. */
  codebooks(latents: Float32Array, cluster: Cluster, key: Key): Arrays;
}

/** Groups the rows of data [n, dim] around at most `count` centres; `kMeans` of the encoders is one. */
export type Cluster = (
  data: Float32Array,
  dim: number,
  count: number,
  key: Key,
) => { readonly groupOf: Int32Array; readonly centres: Float64Array };

export function isDiscrete(tokenizer: ItemTokenizer): tokenizer is DiscreteItemTokenizer {
  return "codes" in tokenizer;
}
