/**
 * Item neighbours by co-occurrence: items are alike when the same users took both.
 *   C = Rᵀ W R      K_ij = C_ij / (√(C_ii C_jj) + h),  of each row the k largest, K_ii = 0
 * R [users, N] is 1 or counts, W = diag(w_u) weighs users: 1, or 1 / log(1 + |I_u|) so that who took everything says little.
 * Source: Deshpande and Karypis, Item-Based Top-N Recommendation Algorithms, TOIS 22 (2004), cosine similarity; shrinkage h
 * as in Bell and Koren, ICDM 2007; the user weight is Breese et al.'s inverse user frequency (UAI 1998) turned to users.
 * Built row by row (who took i, all they took summed in one dense row): memory is the result and twice the interactions.
 */
import type { SparseMatrix } from "#tensor";
import { RowSum } from "../row-sum.ts";
import { NeighbourRows } from "./neighbour-rows.ts";

export interface ItemKnnOptions {
  /** h: the larger, the less two items that few took count as alike. */
  readonly shrinkage: number;
  /** k: neighbours kept of each item. */
  readonly neighbours: number;
  /** Whether users weigh 1 / log(1 + how many items they took). */
  readonly inverseUserFrequency: boolean;
}

/** The kernel K out of R [users, columns]; each row's neighbours stand nearest first, of equal ones the lower column. */
export function itemKnnKernel(interactions: SparseMatrix, options: ItemKnnOptions): SparseMatrix {
  const { shrinkage, neighbours, inverseUserFrequency } = options;
  const takers = interactions.transposed();
  const size = interactions.columnCount;
  const weights = Float64Array.from({ length: interactions.rows }, (_, user) =>
    inverseUserFrequency ? 1 / Math.log(1 + interactions.starts[user + 1] - interactions.starts[user]) : 1,
  );
  const norms = Float64Array.from({ length: size }, (_, item) => Math.sqrt(ownWeight(takers, item, weights)));
  const rows = new NeighbourRows(size, neighbours);
  const row = new RowSum(size);
  for (let item = 0; item < size; item++) {
    row.clear();
    addCooccurrences(interactions, takers, item, weights, row);
    const touched = row.touched.subarray(0, row.size).sort(); // equal similarities keep the lower column
    for (const column of touched) row.sums[column] /= norms[item] * norms[column] + shrinkage;
    rows.push(row, item);
  }
  return rows.matrix();
}

/** C_ii. */
function ownWeight(takers: SparseMatrix, item: number, weights: Float64Array): number {
  let sum = 0;
  for (let at = takers.starts[item]; at < takers.starts[item + 1]; at++) {
    sum += weights[takers.columns[at]] * takers.values[at] ** 2;
  }
  return sum;
}

/** Row i of C. */
function addCooccurrences(
  interactions: SparseMatrix,
  takers: SparseMatrix,
  item: number,
  weights: Float64Array,
  row: RowSum,
): void {
  for (let at = takers.starts[item]; at < takers.starts[item + 1]; at++) {
    const user = takers.columns[at];
    const weight = weights[user] * takers.values[at];
    for (let other = interactions.starts[user]; other < interactions.starts[user + 1]; other++) {
      row.add(interactions.columns[other], weight * interactions.values[other]);
    }
  }
}
