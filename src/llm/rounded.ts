/**
 * Projections in 8 bits: weights rounded to whole numbers with one scale an output, inputs to one or two digits of 8 bits
 * (`roundedAffine`). What the rounding of inputs costs in likelihood stands or falls with few of the projections: states have
 * a few numbers far larger than the others, and queries, keys, values, the feed-forward layer's way down and the head feel
 * the loss of the small ones. Those take two digits; the others, which do most of the work, one.
 */
import { filled, type Weights } from "#nn";
import { type Arrays, float32, int8, type NdArray, parameter, type Tensor } from "#tensor";
import type { Project, Projection, ProjectionSizes } from "./projection.ts";

/** How many digits the inputs of the projection with this weight have. */
export function digitsOf(address: string): 1 | 2 {
  return /\.(output|gate|up)\.weight$/.test(address) ? 1 : 2;
}

/** `base`, but in 8 bits where `isRounded` says so of a weight's address. */
export function rounded(base: Project, isRounded: (address: string) => boolean): Project {
  return (weights, sizes) => {
    return isRounded(weights.address("weight")) ? new RoundedProjection(weights, sizes) : base(weights, sizes);
  };
}

class RoundedProjection implements Projection {
  readonly #codes: Tensor; // [I, O]
  readonly #scales: Tensor; // [O]
  readonly #bias: Tensor | undefined; // [O]
  readonly #digits: 1 | 2;

  constructor(weights: Weights, { inDim, outDim, bias }: ProjectionSizes) {
    this.#codes = parameter(weights.address("codes"), [inDim, outDim], "int8");
    this.#scales = parameter(weights.address("scales"), [outDim]);
    this.#bias = bias ? weights.tensor("bias", [outDim], filled(0)) : undefined;
    this.#digits = digitsOf(weights.address("weight"));
  }

  forward(x: Tensor): Tensor {
    const y = x.roundedAffine(this.#codes, this.#scales, this.#digits);
    return this.#bias === undefined ? y : y.add(this.#bias);
  }
}

/** Weights [O, I] as the codes and scales of the projection with this prefix: w ≈ scale · code, its row's largest at 127. */
export function roundedArrays(prefix: string, { shape: [rows, columns], data }: NdArray<Float32Array>): Arrays {
  const codes = new Int8Array(data.length);
  const scales = new Float32Array(rows);
  for (let row = 0; row < rows; row++) {
    const weights = data.subarray(row * columns, (row + 1) * columns);
    let largest = 0;
    for (let i = 0; i < columns; i++) largest = Math.max(largest, Math.abs(weights[i]));
    scales[row] = largest / 127;
    const inverse = largest === 0 ? 0 : 127 / largest;
    for (let i = 0; i < columns; i++) codes[i * rows + row] = Math.round(weights[i] * inverse);
  }
  return { [`${prefix}codes`]: int8(codes, [columns, rows]), [`${prefix}scales`]: float32(scales, [rows]) };
}
