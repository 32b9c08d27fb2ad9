import type { Tensor } from "#tensor";
import { filled, type Init, uniform } from "./init.ts";
import type { Weights } from "./weights.ts";

export interface LinearOptions {
  readonly bias?: boolean;
  readonly init?: Init;
}

/** y = x Wᵀ + b, with W and b drawn from U(-1/√I, 1/√I) unless `init` says otherwise (then b starts at 0). */
export class Linear {
  readonly weight: Tensor; // [O, I]
  readonly bias: Tensor | undefined; // [O]

  constructor(weights: Weights, inDim: number, outDim: number, { bias = true, init }: LinearOptions = {}) {
    const start = uniform(1 / Math.sqrt(inDim));
    this.weight = weights.tensor("weight", [outDim, inDim], init ?? start);
    this.bias = bias ? weights.tensor("bias", [outDim], init === undefined ? start : filled(0)) : undefined;
  }

  /** x [..., I] → [..., O] */
  forward(x: Tensor): Tensor {
    return x.affine(this.weight, this.bias);
  }
}
