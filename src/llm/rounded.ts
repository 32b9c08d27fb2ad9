/**
 * Projections in 8 bits: weights rounded to whole numbers with one scale an output, inputs to one or two digits of 8 bits
 * (`roundedAffine`). States have a few numbers far larger than the others, beside which small ones would be lost; another basis
 * (basis.ts) does away with that. A feed-forward layer's way down reads no states: what it reads is turned here, and its weights
 * with it. The head, from which likelihoods are read at once, takes two digits.
 */
import { filled, type Weights } from "#nn";
import { type Arrays, float32, int8, type NdArray, parameter, type Tensor } from "#tensor";
import { turned, turnedRows } from "./basis.ts";
import type { Project, Projection, ProjectionSizes } from "./projection.ts";

/** How many digits the inputs of the projection with this weight have. */
export function digitsOf(address: string): 1 | 2 {
  return /^(head|embedding)\.weight$/.test(address) ? 2 : 1;
}

/** Whether what this projection reads is turned before it is rounded. */
function turns(address: string): boolean {
  return address.endsWith("feedForward.down.weight");
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
  readonly #inDim: number;
  readonly #turns: boolean;

  constructor(weights: Weights, { inDim, outDim, bias }: ProjectionSizes) {
    this.#inDim = inDim;
    this.#turns = turns(weights.address("weight"));
    this.#codes = parameter(weights.address("codes"), [inDim, outDim], "int8");
    this.#scales = parameter(weights.address("scales"), [outDim]);
    this.#bias = bias ? weights.tensor("bias", [outDim], filled(0)) : undefined;
    this.#digits = digitsOf(weights.address("weight"));
  }

  forward(x: Tensor): Tensor {
    const read = this.#turns ? turned(x, this.#inDim) : x;
    const y = read.roundedAffine(this.#codes, this.#scales, this.#digits);
    return this.#bias === undefined ? y : y.add(this.#bias);
  }
}

/** Rows whose codes are written together: codes lie by inputs, so that one row's stand far apart. */
const ROWS = 64;

/** Weights [O, I] as the codes and scales of the projection with this prefix: w ≈ scale · code, its row's largest at 127. */
export function roundedArrays(prefix: string, weight: NdArray<Float32Array>): Arrays {
  const [rows, columns] = weight.shape;
  const data = turns(`${prefix}weight`) ? turnedRows(weight.data.slice(), columns) : weight.data;
  const codes = new Int8Array(data.length);
  const scales = new Float32Array(rows);
  const inverses = new Float64Array(rows);
  for (let row = 0; row < rows; row++) {
    let largest = 0;
    for (let at = row * columns; at < (row + 1) * columns; at++) largest = Math.max(largest, Math.abs(data[at]));
    scales[row] = largest / 127;
    inverses[row] = largest === 0 ? 0 : 127 / largest;
  }
  for (let first = 0; first < rows; first += ROWS) {
    const end = Math.min(first + ROWS, rows);
    for (let i = 0; i < columns; i++) {
      for (let row = first; row < end; row++) {
        codes[i * rows + row] = Math.round(data[row * columns + i] * inverses[row]);
      }
    }
  }
  return { [`${prefix}codes`]: int8(codes, [columns, rows]), [`${prefix}scales`]: float32(scales, [rows]) };
}
