/**
 * Items whose vectors point the same way.   sim(i, j) = max(0, cos(x_i, x_j))^power, the topK of each i
 * A power above 1 lets the nearest speak louder; sentence encoders give nearly everything some likeness.
 */
import { type Runtime, SparseMatrix } from "#tensor";
import { ExactNearest } from "../exact.ts";
import type { VectorTable } from "../nearest.ts";

export interface VectorNeighbourOptions {
  readonly topK: number;
  readonly power: number;
}

/** Each row's topK neighbours by cosine to the power, itself and rows of zeros left out: [N + 1, N + 1]. */
export async function vectorNeighbours(
  vectors: VectorTable,
  { topK, power }: VectorNeighbourOptions,
  runtime: Runtime,
): Promise<SparseMatrix> {
  const table = unitRows(vectors);
  const rows = table.data.length / table.dim;
  await using nearest = new ExactNearest(table, runtime);
  const found = await nearest.search(table.data, topK + 1); // one more: each finds itself
  const starts = new Int32Array(rows + 1);
  const columns: number[] = [];
  const values: number[] = [];
  for (let row = 0; row < rows; row++) {
    let kept = 0;
    for (let at = row * found.count; at < (row + 1) * found.count && kept < topK; at++) {
      const [other, cosine] = [found.indices[at], found.scores[at]];
      if (other === row || !(cosine > 0)) continue;
      columns.push(other);
      values.push(cosine ** power);
      kept++;
    }
    starts[row + 1] = columns.length;
  }
  return new SparseMatrix(rows, rows, starts, Int32Array.from(columns), Float32Array.from(values));
}

/** Every row at length 1; rows of zeros stay zeros. */
function unitRows({ data, dim }: VectorTable): VectorTable {
  const unit = new Float32Array(data.length);
  for (let first = 0; first < data.length; first += dim) {
    let square = 0;
    for (let at = first; at < first + dim; at++) square += data[at] * data[at];
    const length = Math.sqrt(square) || 1;
    for (let at = first; at < first + dim; at++) unit[at] = data[at] / length;
  }
  return { data: unit, dim };
}
