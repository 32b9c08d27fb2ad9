/**
 * What encoders read: mask(x) + p, each feature 0 with probability ρ where there is a key, p learned.
 * Source: DeftRec (arXiv 2504.12007), tokenizer section. Differs: masks are drawn for each row and never written into x
 * (theirs overwrote the first row, and masked in evaluation too).
 */
import { filled, type Weights } from "#nn";
import { bernoulli, type TracedKey } from "#random";
import type { Tensor } from "#tensor";
import type { ItemTokenizerOptions } from "./item-tokenizer.ts";

export class MaskedInput {
  readonly #offset: Tensor; // [D]
  readonly #share: number;

  constructor(weights: Weights, { dim, mask }: ItemTokenizerOptions) {
    this.#offset = weights.tensor("offset", [dim], filled(0));
    this.#share = mask;
  }

  /** x [B, D] → [B, D] */
  forward(x: Tensor, key?: TracedKey): Tensor {
    return this.#masked(x, key?.fold("mask")).add(this.#offset);
  }

  #masked(x: Tensor, key: TracedKey | undefined): Tensor {
    if (key === undefined || this.#share === 0) return x;
    return x.mul(bernoulli(key, 1 - this.#share, x.shape).cast("float32"));
  }
}
