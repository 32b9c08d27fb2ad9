import type { TracedKey } from "#random";
import type { Tensor } from "#tensor";
import { dropout } from "./dropout.ts";
import { Linear } from "./linear.ts";
import type { Weights } from "./weights.ts";

export interface FeedForwardOptions {
  readonly hidden: number;
  readonly dropout: number;
  readonly activation: (x: Tensor) => Tensor;
}

/** Two linear maps with an activation between, position by position: x [..., D] → [..., D]. */
export class FeedForward {
  readonly #up: Linear;
  readonly #down: Linear;

  constructor(
    weights: Weights,
    dim: number,
    private readonly options: FeedForwardOptions,
  ) {
    this.#up = new Linear(weights.at("up"), dim, options.hidden);
    this.#down = new Linear(weights.at("down"), options.hidden, dim);
  }

  forward(x: Tensor, key?: TracedKey): Tensor {
    const hidden = dropout(this.options.activation(this.#up.forward(x)), this.options.dropout, key?.fold("hidden"));
    return this.#down.forward(hidden);
  }
}
