/**
 * Items as the network knows them, whatever reads them: vectors, and the continuous tokens they become.
 *   X_i = unit(E_i + W t_i)          t_i the item's text, where there is one;  space=fixed: X_i = E_i, standardised, over √D
 *   reconstruction = error of the tokenizer's decoder on X_i, and what its tokenizer minimises beside it
 */
import { Embedding, Linear, mse, normal, type Weights } from "#nn";
import type { TracedKey } from "#random";
import type { Losses } from "#recommender";
import type { Tensor } from "#tensor";
import { type ItemTokenizer, itemTokenizers, type TrainedTokens } from "#tokenizers";
import type { DeftRecConfig } from "./config.ts";
import { unit } from "./generation.ts";
import type { Space } from "./space.ts";

export class ContinuousItems {
  readonly tokenizer: ItemTokenizer;
  readonly #table: Embedding; // [N + 1, D]
  readonly #textMap: Linear | undefined; // F → D

  constructor(
    weights: Weights,
    private readonly options: DeftRecConfig,
    space: Space,
  ) {
    const { dim } = options;
    this.#table = new Embedding(weights.at("items"), space.items + 1, dim);
    if (space.textWidth > 0 && options.space === "joint") {
      this.#textMap = new Linear(weights.at("text"), space.textWidth, dim, { bias: false, init: normal(0.02) });
    }
    this.tokenizer = tokenizerOf(weights.at("tokenizer"), options, space.tokenWidth);
  }

  /** The items' own rows of E: [U] int32 → [U, D] */
  own(items: Tensor): Tensor {
    return this.#table.forward(items);
  }

  /** items [U] int32 and their texts' vectors [U, F] → vectors [U, D]: of length 1, or fixed ones, of about that length */
  vectors(items: Tensor, text?: Tensor): Tensor {
    const own = this.own(items);
    if (this.options.space === "fixed") return own;
    return unit(this.#textMap === undefined || text === undefined ? own : own.add(this.#textMap.forward(text)));
  }

  /** vectors [U, D] → tokens [U, K, W], as when answering. */
  tokens(vectors: Tensor): Tensor {
    return this.tokenizer.tokens(vectors);
  }

  /** The tokenizer's reconstruction of the vectors of items [U], for pre-training. */
  reconstructionLoss({ items, text }: { items: Tensor; text?: Tensor }, key: TracedKey): Losses {
    const vectors = this.vectors(items, text).stopGradient();
    return { total: this.reconstruction(this.tokenizer.trained(vectors, key, items.greater(0)), vectors, items) };
  }

  /** How far the tokens are from saying the vectors, and what their tokenizer minimises beside it. */
  reconstruction({ tokens, auxiliary }: TrainedTokens, vectors: Tensor, items: Tensor): Tensor {
    const error = mse(this.tokenizer.reconstruct(tokens), vectors, items.greater(0));
    return (auxiliary === undefined ? error : error.add(auxiliary)).mul(this.options.dim);
  }
}

/** The tokenizer that is asked for, its weights at their place. */
export function tokenizerOf(weights: Weights, options: DeftRecConfig, width: number): ItemTokenizer {
  return new itemTokenizers[options.tokenizer](weights, { ...options, width });
}
