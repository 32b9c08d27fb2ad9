/**
 * A denoiser that reads noisy vector, condition and noise level side by side.
 *   t = T₂ gelu(T₁ features)      u = gelu(W₁ [x_t; c; t])      u ← u + drop(gelu(U LN(u))), blocks times      out = W₂ u
 * Source: ContRec (arXiv 2504.12007 v3), its "mlp2": width D, condition D, T₁ to 2D, W₁ 3D → 2D; DreamRec (arXiv 2310.20453).
 * Differs: residual blocks between the two maps, where asked for; the condition has a width of its own.
 */
import { dropout, LayerNorm, Linear, type Weights } from "#nn";
import type { TracedKey } from "#random";
import { concat, type Tensor } from "#tensor";
import type { Denoiser } from "./denoiser.ts";

export interface ConcatOptions {
  /** Width D of the vectors. */
  readonly dim: number;
  /** Width C of the condition. */
  readonly condition: number;
  readonly features: number;
  /** Residual blocks; none is ContRec's own. */
  readonly blocks: number;
  readonly dropout: number;
}

export class ConcatDenoiser implements Denoiser {
  readonly #time: readonly [Linear, Linear];
  readonly #input: Linear;
  readonly #blocks: readonly { readonly norm: LayerNorm; readonly map: Linear }[];
  readonly #output: Linear;

  constructor(
    weights: Weights,
    private readonly options: ConcatOptions,
  ) {
    const { dim, condition, features, blocks } = options;
    const time = weights.at("time");
    const width = 2 * dim;
    this.#time = [new Linear(time.at(0), features, width), new Linear(time.at(1), width, dim)];
    this.#input = new Linear(weights.at("input"), 2 * dim + condition, width);
    this.#blocks = Array.from({ length: blocks }, (_, at) => {
      const block = weights.at("blocks").at(at);
      return { norm: new LayerNorm(block.at("norm"), width), map: new Linear(block.at("map"), width, width) };
    });
    this.#output = new Linear(weights.at("output"), width, dim);
  }

  forward(noisy: Tensor, features: Tensor, condition: Tensor, key?: TracedKey): Tensor {
    return this.parts(noisy, features, condition, key).said;
  }

  parts(noisy: Tensor, features: Tensor, condition: Tensor, key?: TracedKey) {
    const { dim, dropout: rate } = this.options;
    const level = this.#time[1].forward(this.#time[0].forward(features).gelu()).expand([noisy.shape[0], dim]);
    let u = this.#input.forward(concat([noisy, condition, level], -1)).gelu(); // [B, 2D]
    this.#blocks.forEach(({ norm, map }, at) => {
      u = u.add(dropout(map.forward(norm.forward(u)).gelu(), rate, key?.fold(at)));
    });
    return { said: this.#output.forward(u), hidden: u };
  }
}
