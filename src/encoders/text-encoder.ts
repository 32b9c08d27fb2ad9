/** What every maker of vectors out of texts does, be it a sentence encoder or a language model. */

/** Vectors of texts, one a row: [texts, D]. */
export interface TextVectors {
  readonly data: Float32Array;
  readonly dim: number;
}

export interface EncodeOptions {
  /** Told how many texts are done. */
  readonly progress?: (done: number) => void;
  readonly signal?: { readonly aborted: boolean };
}

/** Texts → vectors, one a text, in their order, of length 1. */
export interface TextEncoder extends AsyncDisposable {
  encode(texts: readonly string[], options?: EncodeOptions): Promise<TextVectors>;
}
