/**
 * A gated recurrent unit (arXiv 1406.1078) with the gates of PyTorch's GRU:
 *   r = σ(W_ir x + b_ir + W_hr h + b_hr)   z = σ(W_iz x + b_iz + W_hz h + b_hz)
 *   n = tanh(W_in x + b_in + r ⊙ (W_hn h + b_hn))   h' = (1 - z) ⊙ n + z ⊙ h
 * Parameters have PyTorch's shapes and order (r, z, n), drawn from U(-1/√H, 1/√H). The input products of all steps are one
 * product; what goes step by step is one small graph (`Tensor.gru`), as quick to compile for 50 steps as for one.
 */
import type { Tensor } from "#tensor";
import { uniform } from "./init.ts";
import type { Weights } from "./weights.ts";

export class Gru {
  readonly #inputWeight: Tensor; // [3H, D]
  readonly #inputBias: Tensor; // [3H]
  readonly #weight: Tensor; // [3H, H]
  readonly #bias: Tensor; // [3H]

  constructor(weights: Weights, dim: number, hidden: number) {
    const init = uniform(1 / Math.sqrt(hidden));
    const [input, recurrent] = [weights.at("input"), weights.at("recurrent")];
    this.#inputWeight = input.tensor("weight", [3 * hidden, dim], init);
    this.#inputBias = input.tensor("bias", [3 * hidden], init);
    this.#weight = recurrent.tensor("weight", [3 * hidden, hidden], init);
    this.#bias = recurrent.tensor("bias", [3 * hidden], init);
  }

  /** x [B, T, D] → states [B, T, H]: position t has read steps 0..t. */
  forward(x: Tensor): Tensor {
    const products = x.swap(0, 1).affine(this.#inputWeight, this.#inputBias); // [T, B, 3H]
    return products.gru(this.#weight, this.#bias).swap(0, 1);
  }
}
