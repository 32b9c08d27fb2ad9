/**
 * Scores in a space, as the objective trained them: inner products of what stands for a history and for an item.
 *   ⟨u(h), E_i⟩, or cos(u(h), E_i) / temperature where cosines were trained
 */
import { float32 } from "#tensor";
import { historyVector, type ItemSpace } from "./item-space.ts";
import { type PairOptions, scoresCosines } from "./pair-objective.ts";

export interface ScoringOptions extends Pick<PairOptions, "loss" | "temperature"> {
  /** Weight of a history's item relative to the one after it. */
  readonly decay: number;
}

/** The two sides of every score, and how they are computed elsewhere. */
export function scoring(space: ItemSpace, options: ScoringOptions) {
  const { dim } = space;
  const cosine = scoresCosines(options);
  const data = cosine ? units(space.items, dim) : space.items;
  return {
    items: { data, dim },
    vectorOf: (history: Int32Array): Float32Array => {
      const vector = historyVector(space, history, options.decay);
      return cosine ? units(vector, dim).map((value) => value / options.temperature) : vector;
    },
    export: () => ({
      arrays: {
        items: float32(data, [data.length / dim, dim]),
        parts: float32(space.parts, [data.length / dim, dim]),
        average: float32(space.average, [dim]),
      },
      formula: [
        "items [N + 1, D] and parts [N + 1, D] by item index, row 0 padding; average [D]",
        `user = Σ_i w_i parts[i] / √(Σ_i w_i) over the distinct items of a history, w_i = ${options.decay}^(distinct items after i); average where that is 0`,
        cosine ? `score = items · user / |user| / ${options.temperature}` : "score = items · user",
      ],
    }),
  };
}

/** Rows of length 1; a row of zeros stays one. */
function units(rows: Float32Array, dim: number): Float32Array {
  const scaled = rows.slice();
  for (let row = 0; row < scaled.length; row += dim) {
    let square = 1e-12;
    for (let d = 0; d < dim; d++) square += scaled[row + d] ** 2;
    for (let d = 0; d < dim; d++) scaled[row + d] /= Math.sqrt(square);
  }
  return scaled;
}
