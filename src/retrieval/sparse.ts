/** Kernels of neighbours as sparse matrices: how they are made row by row, summed into scores, saved and read. */
import { type Arrays, float32, int32, SparseMatrix } from "#tensor";
import { savedFloat32, savedInt32 } from "./saved.ts";

/** out[offset + j] += weight · matrix[row, j] for every stored j. */
export function addRow(matrix: SparseMatrix, row: number, weight: number, out: Float32Array, offset: number): void {
  const { columns, values } = matrix;
  const end = matrix.starts[row + 1];
  for (let at = matrix.starts[row]; at < end; at++) out[offset + columns[at]] += weight * values[at];
}

/** Adds Σ_age decay^age · kernel[item of that age, ·] to `out[offset ..]`, age 0 being the newest item of `recent`. */
export function addDecayedRows(
  kernel: SparseMatrix,
  recent: Int32Array,
  decay: number,
  out: Float32Array,
  offset: number,
): void {
  let weight = 1;
  for (let at = recent.length - 1; at >= 0; at--) {
    addRow(kernel, recent[at], weight, out, offset);
    weight *= decay;
  }
}

/** The matrix as named arrays, for an artifact. */
export function sparseToArrays({ starts, columns, values }: SparseMatrix): Arrays {
  return {
    starts: int32(starts, [starts.length]),
    columns: int32(columns, [columns.length]),
    values: float32(values, [values.length]),
  };
}

/** The square matrix of `rows` rows out of an artifact's arrays; one that does not fit is a `CheckpointError` naming it. */
export function sparseFromArrays(arrays: Arrays | undefined, rows: number, owner: string): SparseMatrix {
  const starts = savedInt32(arrays, "starts", owner, rows + 1);
  const entries = starts[rows];
  const columns = savedInt32(arrays, "columns", owner, entries);
  return new SparseMatrix(rows, rows, starts, columns, savedFloat32(arrays, "values", owner, entries));
}

/** A square sparse matrix whose rows come one after the other, none longer than was said. */
export class KeptRows {
  readonly #starts: Int32Array;
  readonly #columns: Int32Array;
  readonly #values: Float32Array;
  #rows = 0;

  constructor(
    readonly size: number,
    longest: (row: number) => number,
  ) {
    this.#starts = new Int32Array(size + 1);
    let most = 0;
    for (let row = 0; row < size; row++) most += longest(row);
    this.#columns = new Int32Array(most);
    this.#values = new Float32Array(most);
  }

  push(columns: Int32Array, values: Float32Array): void {
    const start = this.#starts[this.#rows++];
    this.#columns.set(columns, start);
    this.#values.set(values, start);
    this.#starts[this.#rows] = start + columns.length;
  }

  finish(): SparseMatrix {
    const end = this.#starts[this.size];
    return new SparseMatrix(
      this.size,
      this.size,
      this.#starts,
      this.#columns.slice(0, end),
      this.#values.slice(0, end),
    );
  }
}
