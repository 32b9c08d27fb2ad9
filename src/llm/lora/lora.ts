/**
 * Low-rank adapters beside frozen projections:  y = W x + b + s B A drop(x),   A [r, I], B [O, r],  s = alpha / r
 * B starts at zero, so that an adapter begins as nothing. Projections that read the same x drop the same of it.
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
  // A mask for each projection would be as large again as what all of them read, and is worth nothing.
  const known = new WeakMap<Tensor, Tensor>();
  const drop: Drop = (x, key) => {
    const dropped = known.get(x) ?? dropout(x, options.dropout, key);
    known.set(x, dropped);
    return dropped;
  };
  return (weights, sizes) => {
    const projection = base(weights, sizes);
    const place = weights.address("").slice(0, -1);
    if (options.rank === 0 || !options.on(place)) return projection;
    return new AdaptedProjection(projection, adapters.at(place), sizes, options, drop);
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

type Drop = (x: Tensor, key: TracedKey | undefined) => Tensor;

class AdaptedProjection implements Projection {
  readonly #a: Tensor; // [r, I]
  readonly #b: Tensor; // [O, r]

  constructor(
    private readonly base: Projection,
    weights: Weights,
    { inDim, outDim }: ProjectionSizes,
    private readonly options: LoraOptions,
    private readonly drop: Drop,
  ) {
    const { rank } = options;
    this.#a = weights.tensor("a", [rank, inDim], uniform(1 / Math.sqrt(inDim)));
    this.#b = weights.tensor("b", [outDim, rank], filled(0));
  }

  forward(x: Tensor, key?: TracedKey): Tensor {
    const read = this.drop(x, key).affine(this.#a).mul(scaleOf(this.options)); // [..., r]
    return this.base.forward(x, key).add(read.affine(this.#b));
  }
}
