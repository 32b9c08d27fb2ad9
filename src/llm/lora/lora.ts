/**
 * Low-rank adapters beside frozen projections:  y = W x + b + s B A drop(x),   A [r, I], B [O, r],  s = alpha / r
 * B starts at zero, so that an adapter begins as nothing.
 * Source: LoRA (arXiv 2106.09685), section 4.1; where A starts is PEFT's kaiming_uniform(√5), U(-1/√I, 1/√I).
 */
import { dropout, filled, uniform, type Weights } from "#nn";
import type { TracedKey } from "#random";
import type { Tensor } from "#tensor";
import { PROJECTIONS, type ProjectionName } from "../names.ts";
import type { Project, Projection, ProjectionSizes } from "../projection.ts";

export interface LoraOptions {
  readonly rank: number;
  readonly alpha: number;
  /** Of what an adapter reads, in training. */
  readonly dropout: number;
  /** s = alpha / √rank instead of alpha / rank (rsLoRA, arXiv 2312.03732). */
  readonly stabilised?: boolean;
  /** Whether the projection at a place (`layers.0.attention.query`) has an adapter. */
  readonly on: (place: string) => boolean;
}

/** What `on` is for adapters on these projections of every layer. */
export function onProjections(names: readonly ProjectionName[]): LoraOptions["on"] {
  const parts = new Set<string>(names.map((name) => PROJECTIONS[name]));
  return (place) => parts.has(place.replace(/^layers\.\d+\./, ""));
}

/** `base`, with adapters whose weights stand in `adapters` under the places of the projections. */
export function lora(base: Project, adapters: Weights, options: LoraOptions): Project {
  return (weights, sizes) => {
    const projection = base(weights, sizes);
    const place = weights.address("").slice(0, -1);
    if (options.rank === 0 || !options.on(place)) return projection;
    return new AdaptedProjection(projection, adapters.at(place), sizes, options);
  };
}

/** s */
export function scaleOf({
  alpha,
  rank,
  stabilised = false,
}: Pick<LoraOptions, "alpha" | "rank" | "stabilised">): number {
  return alpha / (stabilised ? Math.sqrt(rank) : rank);
}

class AdaptedProjection implements Projection {
  readonly #a: Tensor; // [r, I]
  readonly #b: Tensor; // [O, r]

  constructor(
    private readonly base: Projection,
    weights: Weights,
    { inDim, outDim }: ProjectionSizes,
    private readonly options: LoraOptions,
  ) {
    const { rank } = options;
    this.#a = weights.tensor("a", [rank, inDim], uniform(1 / Math.sqrt(inDim)));
    this.#b = weights.tensor("b", [outDim, rank], filled(0));
  }

  forward(x: Tensor, key?: TracedKey): Tensor {
    const read = dropout(x, this.options.dropout, key).affine(this.#a).mul(scaleOf(this.options)); // [..., r]
    return this.base.forward(x, key).add(read.affine(this.#b));
  }
}
