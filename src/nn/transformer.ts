/**
 * A transformer block with normalisation before each half (pre-LN, arXiv 2002.04745):
 * x ← x + drop(attention(LN x)),  x ← x + drop(feedForward(LN x)).
 */
import type { TracedKey } from "#random";
import type { Tensor } from "#tensor";
import { Attention } from "./attention.ts";
import { dropout } from "./dropout.ts";
import { FeedForward } from "./feed-forward.ts";
import { LayerNorm } from "./norm.ts";
import type { Angles } from "./rotary.ts";
import type { Weights } from "./weights.ts";

export interface TransformerOptions {
  readonly heads: number;
  readonly hidden: number;
  readonly dropout: number;
  readonly activation: (x: Tensor) => Tensor;
}

export class TransformerBlock {
  readonly #attentionNorm: LayerNorm;
  readonly #attention: Attention;
  readonly #feedForwardNorm: LayerNorm;
  readonly #feedForward: FeedForward;

  constructor(
    weights: Weights,
    dim: number,
    private readonly options: TransformerOptions,
  ) {
    this.#attentionNorm = new LayerNorm(weights.at("attentionNorm"), dim);
    this.#attention = new Attention(weights.at("attention"), dim, options);
    this.#feedForwardNorm = new LayerNorm(weights.at("feedForwardNorm"), dim);
    this.#feedForward = new FeedForward(weights.at("feedForward"), dim, options);
  }

  /** x [B, T, D], mask broadcastable to [B, H, T, T] → [B, T, D]; `angles` as in `Attention`. */
  forward(x: Tensor, mask: Tensor, key?: TracedKey, angles?: Angles): Tensor {
    const rate = this.options.dropout;
    const attended = this.#attention.forward(this.#attentionNorm.forward(x), mask, key?.fold("attention"), angles);
    const middle = x.add(dropout(attended, rate, key?.fold("attended")));
    const fed = this.#feedForward.forward(this.#feedForwardNorm.forward(middle), key?.fold("feedForward"));
    return middle.add(dropout(fed, rate, key?.fold("fed")));
  }
}
