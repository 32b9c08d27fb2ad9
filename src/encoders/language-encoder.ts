/**
 * Texts → vectors, with a language model: what it makes of a text's tokens, averaged.
 *   v = mean of the last hidden states (after the final norm) over the text's own tokens, then length 1
 * Source: mean pooling as Sentence-BERT's (Reimers & Gurevych 2019, section 3), of a decoder's states.
 * What the model puts before every text (its beginning-of-text token) is read and not averaged: it is the same for all.
 */
import { LanguageModel } from "#llm";
import type { Runtime } from "#tensor";
import type { EncodeOptions, TextEncoder, TextVectors } from "./text-encoder.ts";

/** Tokens of a text that are read at most: the rest of a long description says little more. */
const MOST_TOKENS = 256;
/** Texts whose states exist at once. */
const AT_ONCE = 256;

/** Opens the language model at `path`; one without a text tokenizer is an error. */
export async function languageEncoder(path: string, runtime: Runtime): Promise<LanguageEncoder> {
  const model = await LanguageModel.open(path, { runtime });
  try {
    return new LanguageEncoder(model);
  } catch (cause) {
    await model[Symbol.asyncDispose]();
    throw cause;
  }
}

export class LanguageEncoder implements TextEncoder {
  readonly #lead: readonly number[];

  constructor(private readonly model: LanguageModel) {
    this.#lead = model.texts.tokenizer.encode("");
  }

  /** One vector a text, in their order; a text without a word gets zeros. */
  async encode(texts: readonly string[], { progress, signal }: EncodeOptions = {}): Promise<TextVectors> {
    const { model } = this;
    const { dim, maxPositions } = model.config;
    const { tokenizer } = model.texts;
    const most = Math.min(MOST_TOKENS, maxPositions - this.#lead.length);
    const rows = texts.map((text) => tokenizer.tokens(text).slice(0, most));
    const order = [...rows.keys()].sort((a, b) => rows[a].length - rows[b].length || a - b);
    const data = new Float32Array(texts.length * dim);
    for (let first = 0; first < order.length; first += AT_ONCE) {
      const some = order.slice(first, first + AT_ONCE);
      const prompts = some.map((at) => (rows[at].length === 0 ? [] : [...this.#lead, ...rows[at]]));
      const states = await model.states(prompts, { signal, progress: (done) => progress?.(first + done) });
      some.forEach((at, row) => {
        data.set(direction(states[row].subarray(this.#lead.length * dim), dim), at * dim);
      });
    }
    return { data, dim };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.model[Symbol.asyncDispose]();
  }
}

/** The mean of states [T, D] at length 1. */
function direction(states: Float32Array, dim: number): Float32Array {
  const sum = new Float64Array(dim); // its length is divided away, so the count of tokens need not be
  for (let at = 0; at < states.length; at++) sum[at % dim] += states[at];
  const norm = Math.hypot(...sum) || 1;
  return Float32Array.from(sum, (value) => value / norm);
}
