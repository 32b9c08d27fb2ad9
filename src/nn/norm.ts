import type { Tensor } from "#tensor";
import { filled } from "./init.ts";
import type { Weights } from "./weights.ts";

/** Layer normalisation over the last axis (arXiv 1607.06450): zero mean, unit variance, then scale and shift. */
export class LayerNorm {
  readonly scale: Tensor; // [D]
  readonly shift: Tensor; // [D]

  constructor(
    weights: Weights,
    dim: number,
    private readonly epsilon = 1e-5,
  ) {
    this.scale = weights.tensor("scale", [dim], filled(1));
    this.shift = weights.tensor("shift", [dim], filled(0));
  }

  forward(x: Tensor): Tensor {
    return x.layerNorm(this.scale, this.shift, this.epsilon);
  }
}

/** Root mean square normalisation over the last axis (arXiv 1910.07467): y = x / √(mean x² + ε) ⊙ scale. */
export class RmsNorm {
  readonly scale: Tensor; // [D]

  constructor(
    weights: Weights,
    dim: number,
    private readonly epsilon = 1e-6,
  ) {
    this.scale = weights.tensor("scale", [dim], filled(1));
  }

  forward(x: Tensor): Tensor {
    return x.rmsNorm(this.scale, this.epsilon);
  }
}
