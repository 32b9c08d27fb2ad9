/** What a decoder is made of, whatever file it comes from: sizes, and which of the shared decoder's parts a family uses. */
import type { RopeScaling } from "./rope.ts";

export interface DecoderConfig {
  /** Text vocabulary V. */
  readonly vocabulary: number;
  /** Width D of hidden states. */
  readonly dim: number;
  readonly layers: number;
  /** Query heads, each of `headDim`. */
  readonly heads: number;
  /** Key and value heads; each serves heads / keyValueHeads query heads. */
  readonly keyValueHeads: number;
  readonly headDim: number;
  /** Width of the feed-forward layer's middle. */
  readonly hidden: number;
  /** Of the RMS norms. */
  readonly epsilon: number;
  readonly rope: { readonly base: number; readonly scaling: RopeScaling };
  /** Longest text, in tokens, that it was trained for. */
  readonly maxPositions: number;
  /** The head is the embedding's table. */
  readonly tied: boolean;
  readonly parts: DecoderParts;
}

/** Where families differ. */
export interface DecoderParts {
  /** Biases of the query, key and value projections. */
  readonly queryKeyValueBias: boolean;
  /** Bias of attention's output projection. */
  readonly outputBias: boolean;
  /** Biases of the three feed-forward projections. */
  readonly feedForwardBias: boolean;
  /** RMS norms over each head's query and key, before they turn. */
  readonly queryKeyNorm: boolean;
}

/** Tokens with a meaning, as the checkpoint names them. */
export interface SpecialTokens {
  readonly begin?: number;
  /** Any of them ends a text. */
  readonly end: readonly number[];
  readonly pad?: number;
}
