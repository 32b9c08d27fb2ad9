/**
 * Projections in 8 bits: weights rounded to whole numbers with one scale an output, inputs to one or two digits of 8 bits
 * (`roundedAffine`). States have a few numbers far larger than the others, beside which small ones would be lost; another basis
 * (basis.ts) does away with that: either states stand in it throughout, and only what a feed-forward layer's way down reads is
 * turned here, and its weights with it; or each projection turns what it reads. The head, from which likelihoods are read at
 * once, takes two digits.
 */
import { filled, type Weights } from "#nn";
import { type Arrays, float32, int8, type NdArray, parameter, type Tensor } from "#tensor";
import { turned, turnedRows } from "./basis.ts";
import type { Project, Projection, ProjectionSizes } from "./projection.ts";

/** How many digits the inputs of the projection with this weight have. */
export function digitsOf(address: string): 1 | 2 {
  return /^(head|embedding)\.weight$/.test(address) ? 2 : 1;
}

/** Whether the projection with the weight at this address turns what it reads before that is rounded. */
export type Turns = (address: string) => boolean;

/** Where states stand in the other basis already. */
export const turnsOthers: Turns = (address) => address.endsWith("feedForward.down.weight");
/** Where they do not. */
export const turnsAll: Turns = () => true;

/** `base`, but in 8 bits where `isRounded` says so of a weight's address. */
export function rounded(base: Project, isRounded: (address: string) => boolean, turns = turnsOthers): Project {
  // What several projections read is turned once, and so is the sum of their gradients.
  const known = new WeakMap<Tensor, Tensor>();
  const turn = (x: Tensor, dim: number) => {
    const made = known.get(x) ?? turned(x, dim);
    known.set(x, made);
    return made;
  };
  return (weights, sizes) => {
    const address = weights.address("weight");
    if (!isRounded(address)) return base(weights, sizes);
    return new RoundedProjection(weights, sizes, turns(address) ? turn : (x) => x);
  };
}

class RoundedProjection implements Projection {
  readonly #codes: Tensor; // [I, O]
  readonly #scales: Tensor; // [O]
  readonly #bias: Tensor | undefined; // [O]
  readonly #digits: 1 | 2;
  readonly #inDim: number;

  constructor(
    weights: Weights,
    { inDim, outDim, bias }: ProjectionSizes,
    private readonly turn: (x: Tensor, dim: number) => Tensor,
  ) {
    this.#inDim = inDim;
    this.#codes = parameter(weights.address("codes"), [inDim, outDim], "int8");
    this.#scales = parameter(weights.address("scales"), [outDim]);
    this.#bias = bias ? weights.tensor("bias", [outDim], filled(0)) : undefined;
    this.#digits = digitsOf(weights.address("weight"));
  }

  forward(x: Tensor): Tensor {
    const y = this.turn(x, this.#inDim).roundedAffine(this.#codes, this.#scales, this.#digits);
    return this.#bias === undefined ? y : y.add(this.#bias);
  }
}

/** Rows whose codes are written together: codes lie by inputs, so that one row's stand far apart. */
const ROWS = 64;

/** Weights [O, I] as the codes and scales of the projection with this prefix: w ≈ scale · code, its row's largest at 127. */
export function roundedArrays(prefix: string, weight: NdArray<Float32Array>, turns = turnsOthers): Arrays {
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
      for (
        let row = first, to = i * rows + first, from = first * columns + i;
        row < end;
        row++, to++, from += columns
      ) {
        codes[to] = ((data[from] * inverses[row] + 128.5) | 0) - 128; // Math.round, of what lies in [-127, 127]
      }
    }
  }
  return { [`${prefix}codes`]: int8(codes, [columns, rows]), [`${prefix}scales`]: float32(scales, [rows]) };
}
