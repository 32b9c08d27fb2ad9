/**
 * One of the encoders of a tokenizer: z = A x + MLP(x). A straight part beside the MLP and no final ReLU, so that signs
 * survive.
 */
import { type Init, Linear, normal, type Weights } from "#nn";
import type { Tensor } from "#tensor";
import type { ItemTokenizerOptions } from "./item-tokenizer.ts";

export class WayEncoder {
  readonly #straight: Linear;
  readonly #up: Linear;
  readonly #down: Linear;

  constructor(weights: Weights, way: number, { dim, width, hidden }: ItemTokenizerOptions) {
    // The first token starts as the vector itself, the others as other views of it: ways that start alike stay alike.
    const init = way === 0 && dim === width ? identity : normal(1 / Math.sqrt(dim));
    this.#straight = new Linear(weights.at("straight"), dim, width, { bias: false, init });
    this.#up = new Linear(weights.at("up"), dim, hidden);
    this.#down = new Linear(weights.at("down"), hidden, width, { init: normal(0.02) });
  }

  /** x [B, D] → [B, W] */
  forward(x: Tensor): Tensor {
    return this.#straight.forward(x).add(this.#down.forward(this.#up.forward(x).gelu()));
  }
}

const identity: Init = (_, data, [rows]) => {
  for (let at = 0; at < rows; at++) data[at * rows + at] = 1;
};
