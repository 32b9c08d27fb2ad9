/** A sparse matrix as rows of plain numbers, for comparing with plain loops. */
import type { SparseMatrix } from "#tensor";

export function dense({ rows, columnCount, starts, columns, values }: SparseMatrix): number[][] {
  return Array.from({ length: rows }, (_, row) => {
    const own = new Array<number>(columnCount).fill(0);
    for (let at = starts[row]; at < starts[row + 1]; at++) own[columns[at]] = values[at];
    return own;
  });
}
