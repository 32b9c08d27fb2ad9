/**
 * The linear maps of a decoder, of which there are two kinds that it cannot tell apart: dense weights and quantised ones.
 */
import { filled, Linear, type Weights } from "#nn";
import type { TracedKey } from "#random";
import { parameter, type Tensor } from "#tensor";

/** x [..., I] → [..., O]; `key` feeds dropout, where there is some. */
export interface Projection {
  forward(x: Tensor, key?: TracedKey): Tensor;
}

export interface ProjectionSizes {
  readonly inDim: number;
  readonly outDim: number;
  readonly bias: boolean;
}

/** Makes the projection at an address; `weights` stand at that address. */
export type Project = (weights: Weights, sizes: ProjectionSizes) => Projection;

/** Dense weights [O, I]. */
export const dense: Project = (weights, { inDim, outDim, bias }) => {
  return new Linear(weights, inDim, outDim, { bias, init: filled(0) });
};

/** How the weights of one address are packed. */
export interface Packing {
  readonly bits: 4 | 8;
  /** Neighbouring weights of a row that share a scale. */
  readonly block: number;
  /** Blocks have a minimum too: w = scale (code - 8) + minimum. */
  readonly minima: boolean;
}

/**
 * Projections whose weights stay packed where `packingOf` says so. `rounded`: what they read is rounded to 8 bits; gradients
 * are exact where it is not.
 */
export function packed(packingOf: (address: string) => Packing | undefined, rounded: boolean): Project {
  return (weights, sizes) => {
    const packing = packingOf(weights.address("weight"));
    if (packing === undefined) return dense(weights, sizes);
    return new PackedProjection(weights, sizes, packing, rounded);
  };
}

class PackedProjection implements Projection {
  readonly #codes: Tensor; // [O, I / block, block · bits / 8]
  readonly #scales: Tensor; // [O, I / block]
  readonly #minima: Tensor | undefined; // [I / block, O]
  readonly #bias: Tensor | undefined; // [O]

  constructor(
    weights: Weights,
    { outDim, inDim, bias }: ProjectionSizes,
    private readonly packing: Packing,
    private readonly rounded: boolean,
  ) {
    const { bits, block, minima } = packing;
    const blocks = inDim / block;
    this.#codes = parameter(weights.address("codes"), [outDim, blocks, (block * bits) / 8], "uint8");
    this.#scales = parameter(weights.address("scales"), [outDim, blocks]);
    this.#minima = minima ? parameter(weights.address("minima"), [blocks, outDim]) : undefined;
    this.#bias = bias ? weights.tensor("bias", [outDim], filled(0)) : undefined;
  }

  forward(x: Tensor): Tensor {
    const { bits } = this.packing;
    const y = x.quantisedAffine(this.#codes, this.#scales, { bits, rounded: this.rounded, minima: this.#minima });
    return this.#bias === undefined ? y : y.add(this.#bias);
  }
}
