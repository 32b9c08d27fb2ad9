/**
 * Rotary positions: queries and keys turn by angles that grow with the position, so that their product depends on the
 * distance alone.  θ_i = base^(-2i/D), i < D/2;  pair (x_i, x_{i+D/2}) of position t turns by t θ_i
 * Source: RoFormer (arXiv 2104.09864, section 3.2.2), with base 10,000.
 * Differs: the halves of a head's width are paired, as in LLaMA's checkpoints, where the paper pairs neighbours
 * (x_{2i}, x_{2i+1}); both are the same up to the order of the rows of the query and key weights.
 */
import { constant, float32, type Tensor } from "#tensor";

/** Cosines and sines of each position's angles: [T, D/2] both, or [B, 1, T, D/2]. */
export interface Angles {
  readonly cosines: Tensor;
  readonly sines: Tensor;
}

export class Rotary {
  readonly #frequencies: Tensor; // [D/2]

  /** `dim` is the width of a head; `scaled` may slow a frequency down, for texts longer than those of training. */
  constructor(
    dim: number,
    base = 10_000,
    scaled: (frequency: number, at: number) => number = (frequency) => frequency,
  ) {
    if (dim % 2 !== 0) throw new Error(`internal: rotary positions need an even head width, got ${dim}`);
    const half = dim / 2;
    this.#frequencies = constant(
      float32(
        Float32Array.from({ length: half }, (_, at) => scaled(base ** (-at / half), at)),
        [half],
      ),
    );
  }

  /** The angles of positions [T] int32, or [B, T] where rows have their own; the layers of a network share them. */
  angles(positions: Tensor): Angles {
    const each = positions.rank === 1 ? positions : positions.unsqueeze(1); // [T] or [B, 1, T]
    const turns = each.cast("float32").unsqueeze(-1).mul(this.#frequencies); // [..., T, D/2]
    return { cosines: turns.cos(), sines: turns.sin() };
  }
}
