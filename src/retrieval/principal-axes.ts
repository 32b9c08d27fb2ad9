/**
 * Vectors whose principal axes speak less unequally: what all texts of a shop have in common stops drowning the rest.
 *   x̂ = (x − mean) / ‖x − mean‖;   C = mean x̂ x̂ᵀ = Σ_k λ_k v_k v_kᵀ;   y_k = v_kᵀ x̂ · λ_k^(−power), y of length 1
 * power 0 only centres, ½ whitens. λ below a ten-thousandth of the greatest is taken for that: it is noise.
 * Source: Su et al., Whitening sentence representations (2021), arXiv:2103.15316. Differs: a power between, .25, and the
 * unit length before, which were better on validation (docs/log.md).
 */
import type { VectorTable } from "./nearest.ts";
import { symmetricEigen } from "./symmetric-eigen.ts";

/** The table with evened axes. Rows of zeros (padding, items without a vector) stay zeros and count for nothing. */
export function evenedAxes({ data, dim }: VectorTable, power: number): VectorTable {
  const rows = Array.from({ length: data.length / dim }, (_, row) => data.subarray(row * dim, (row + 1) * dim));
  const present = rows.flatMap((row, at) => (row.some((value) => value !== 0) ? [at] : []));
  const mean = new Float64Array(dim);
  for (const at of present) for (let k = 0; k < dim; k++) mean[k] += rows[at][k] / present.length;
  const centred = present.map((at) => unit(Float64Array.from(rows[at], (value, k) => value - mean[k])));

  const { values, vectors } = symmetricEigen(secondMoments(centred, dim), dim);
  const least = Math.max(values[0] * 1e-4, Number.MIN_VALUE);
  const scales = values.map((value) => Math.max(value, least) ** -power);
  const evened = new Float32Array(data.length);
  present.forEach((at, n) => {
    const turned = new Float64Array(dim);
    for (let k = 0; k < dim; k++) {
      let sum = 0;
      for (let axis = 0; axis < dim; axis++) sum += vectors[k * dim + axis] * centred[n][axis];
      turned[k] = sum * scales[k];
    }
    evened.set(unit(turned), at * dim);
  });
  return { data: evened, dim };
}

/** (1/n) Σ x xᵀ, [D, D]. */
function secondMoments(vectors: readonly Float64Array[], dim: number): Float64Array {
  const moments = new Float64Array(dim * dim);
  for (const x of vectors) {
    for (let row = 0; row < dim; row++) {
      const value = x[row] / vectors.length;
      for (let column = 0; column <= row; column++) moments[row * dim + column] += value * x[column];
    }
  }
  for (let row = 0; row < dim; row++) {
    for (let column = 0; column < row; column++) moments[column * dim + row] = moments[row * dim + column];
  }
  return moments;
}

/** The vector at length 1, in place; zeros stay zeros. */
function unit(vector: Float64Array): Float64Array {
  const length = Math.sqrt(vector.reduce((sum, value) => sum + value * value, 0)) || 1;
  for (let k = 0; k < vector.length; k++) vector[k] /= length;
  return vector;
}
