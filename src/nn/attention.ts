/**
 * Multi-head attention: softmax(Q Kᵀ / √d + mask) V, heads side by side in the width (arXiv 1706.03762, section 3.2).
 */
import type { TracedKey } from "#random";
import { constant, float32, type Tensor } from "#tensor";
import { dropout } from "./dropout.ts";
import { Linear } from "./linear.ts";
import type { Angles } from "./rotary.ts";
import type { Weights } from "./weights.ts";

/** Stands for -Infinity in masks: a row that may see nothing gets equal weights instead of NaN. */
export const LOWEST = -1e9;

/** An additive mask [T, T] under which position t sees positions 0..t. */
export function causalMask(length: number): Tensor {
  const mask = new Float32Array(length * length);
  for (let row = 0; row < length; row++) mask.fill(LOWEST, row * length + row + 1, (row + 1) * length);
  return constant(float32(mask, [length, length]));
}

/** The same for a length known only at a run: item positions [T] are counted in the graph. */
export function causalMaskOf(positions: Tensor): Tensor {
  const [from, to] = [positions.unsqueeze(0), positions.unsqueeze(1)];
  return from.greater(to).cast("float32").mul(LOWEST);
}

/** An additive mask [B, 1, 1, T] that hides padding: `visible` [B, T] is a bool, false where there is nothing. */
export function paddingMask(visible: Tensor): Tensor {
  return visible.not().cast("float32").mul(LOWEST).unsqueeze(1).unsqueeze(1);
}

export interface AttentionOptions {
  readonly heads: number;
  /** Of the attention weights. */
  readonly dropout: number;
}

export class Attention {
  // Three products, not one of three times the width: taking that one's parts costs more than it saves here.
  readonly #query: Linear;
  readonly #key: Linear;
  readonly #value: Linear;
  readonly #output: Linear;

  constructor(
    weights: Weights,
    private readonly dim: number,
    private readonly options: AttentionOptions,
  ) {
    if (dim % options.heads !== 0)
      throw new Error(`internal: width ${dim} does not divide into ${options.heads} heads`);
    this.#query = new Linear(weights.at("query"), dim, dim);
    this.#key = new Linear(weights.at("key"), dim, dim);
    this.#value = new Linear(weights.at("value"), dim, dim);
    this.#output = new Linear(weights.at("output"), dim, dim);
  }

  /** x [B, T, D], mask broadcastable to [B, H, T, T] → [B, T, D]; with `angles`, queries and keys turn by their positions. */
  forward(x: Tensor, mask: Tensor, key?: TracedKey, angles?: Angles): Tensor {
    const { heads } = this.options;
    const width = this.dim / heads;
    const [batch, length] = x.shape;
    const split = (y: Tensor) => y.reshape([batch, length, heads, width]).swap(1, 2); // [B, H, T, D/H]
    const turned = (y: Tensor) => (angles === undefined ? y : y.rotary(angles.cosines, angles.sines));
    const query = turned(split(this.#query.forward(x)));
    const keys = turned(split(this.#key.forward(x)));
    const values = split(this.#value.forward(x));
    const scores = query.matmul(keys, { transposeB: true, scale: 1 / Math.sqrt(width) }).add(mask); // [B, H, T, T]
    const attended = dropout(scores.softmax(), this.options.dropout, key?.fold("weights")).matmul(values);
    return this.#output.forward(attended.swap(1, 2).reshape([batch, length, this.dim]));
  }
}
