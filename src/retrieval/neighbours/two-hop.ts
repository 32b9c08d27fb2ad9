/**
 * Neighbours of neighbours: over one kernel to an item between, over the other to the end, in either order.
 *   K = Â B̂ + B̂ Â, where Â has the rows of A divided by their sums; of each row the k largest, K_ii = 0
 * It reaches what was never taken near an item but reads like something that was.
 * Source: two steps of a random walk, as in P³ (Cooper et al., WWW 2014), here over two graphs of items.
 */
import { SparseMatrix } from "#tensor";
import { RowSum } from "../row-sum.ts";
import { NeighbourRows } from "./neighbour-rows.ts";

/** The kernel K out of two of one size without negative values; each row's neighbours stand best first. */
export function twoHopKernel(a: SparseMatrix, b: SparseMatrix, neighbours: number): SparseMatrix {
  const [left, right] = [rowShares(a), rowShares(b)];
  const rows = new NeighbourRows(a.rows, neighbours);
  const row = new RowSum(a.rows);
  for (let item = 0; item < a.rows; item++) {
    row.clear();
    addTwoHops(left, right, item, row);
    addTwoHops(right, left, item, row);
    row.touched.subarray(0, row.size).sort(); // of equal ones the lower column
    rows.push(row, item);
  }
  return rows.matrix();
}

function addTwoHops(first: SparseMatrix, second: SparseMatrix, item: number, row: RowSum): void {
  for (let at = first.starts[item]; at < first.starts[item + 1]; at++) {
    const between = first.columns[at];
    const share = first.values[at];
    for (let to = second.starts[between]; to < second.starts[between + 1]; to++) {
      const value = share * second.values[to];
      if (value > 0) row.add(second.columns[to], value);
    }
  }
}

/** Rows that sum to 1, empty ones left empty. */
function rowShares({ rows, columnCount, starts, columns, values }: SparseMatrix): SparseMatrix {
  const shares = values.slice();
  for (let row = 0; row < rows; row++) {
    const own = shares.subarray(starts[row], starts[row + 1]);
    const sum = own.reduce((a, b) => a + b, 0);
    if (sum > 0) for (let at = 0; at < own.length; at++) own[at] /= sum;
  }
  return new SparseMatrix(rows, columnCount, starts, columns, shares);
}
