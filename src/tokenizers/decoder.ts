/** From one pooled latent back to the vector: x̂ = out(z + MLP(norm(z))). All tokenizers share it, so that they differ in
 * their bottleneck alone. */
import { FeedForward, LayerNorm, Linear, type Weights } from "#nn";
import type { Tensor } from "#tensor";
import type { ItemTokenizerOptions } from "./item-tokenizer.ts";

export class LatentDecoder {
  readonly #norm: LayerNorm;
  readonly #decoder: FeedForward;
  readonly #out: Linear;

  constructor(weights: Weights, { dim, width, hidden }: ItemTokenizerOptions) {
    this.#norm = new LayerNorm(weights.at("norm"), width);
    const options = { hidden, dropout: 0, activation: (x: Tensor) => x.gelu() };
    this.#decoder = new FeedForward(weights.at("decoder"), width, options);
    this.#out = new Linear(weights.at("out"), width, dim);
  }

  /** z [B, W] → [B, D] */
  forward(latent: Tensor): Tensor {
    return this.#out.forward(this.#decoder.forward(this.#norm.forward(latent)).add(latent));
  }
}
