import type { Tensor } from "#tensor";
import { type Init, normal } from "./init.ts";
import type { Weights } from "./weights.ts";

/** A table of vectors, looked up by index. Its gradient is kept as rows, never as a table. */
export class Embedding {
  readonly weight: Tensor; // [N, D]

  constructor(weights: Weights, count: number, dim: number, init: Init = normal(0.02)) {
    this.weight = weights.tensor("weight", [count, dim], init);
  }

  /** indices [...] int32 → [..., D] */
  forward(indices: Tensor): Tensor {
    return this.weight.gather(indices);
  }
}
