/** The naive twin of an inverse: Gauss-Jordan elimination beside the unit matrix, in float64. */
export function gaussJordan(table: number[][]): number[][] {
  const size = table.length;
  const rows = table.map((row, i) => [...row, ...row.map((_, j) => (i === j ? 1 : 0))]);
  for (let pivot = 0; pivot < size; pivot++) {
    const by = rows[pivot][pivot];
    rows[pivot] = rows[pivot].map((value) => value / by);
    for (let row = 0; row < size; row++) {
      if (row === pivot) continue;
      const factor = rows[row][pivot];
      rows[row] = rows[row].map((value, at) => value - factor * rows[pivot][at]);
    }
  }
  return rows.map((row) => row.slice(size));
}
