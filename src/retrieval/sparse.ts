/**
 * A sparse matrix by rows (CSR) in three typed arrays: row i holds columns[starts[i] .. starts[i + 1]] and their values.
 * Scorers of neighbours keep their kernels in it; it is saved as it is.
 */
import { CheckpointError } from "#base";
import { type Arrays, float32, int32 } from "#tensor";

export interface SparseRows {
  readonly starts: Int32Array; // [rows + 1]
  readonly columns: Int32Array; // [nonzeros]
  readonly values: Float32Array; // [nonzeros]
}

/** out[offset + j] += weight · matrix[row, j] for every stored j. */
export function addRow(matrix: SparseRows, row: number, weight: number, out: Float32Array, offset: number): void {
  const { columns, values } = matrix;
  const end = matrix.starts[row + 1];
  for (let at = matrix.starts[row]; at < end; at++) out[offset + columns[at]] += weight * values[at];
}

/** The matrix as named arrays, for an artifact. */
export function sparseToArrays({ starts, columns, values }: SparseRows): Arrays {
  return {
    starts: int32(starts, [starts.length]),
    columns: int32(columns, [columns.length]),
    values: float32(values, [values.length]),
  };
}

/** The matrix out of an artifact's arrays; one that is missing or of another type is a `CheckpointError` naming it. */
export function sparseFromArrays(arrays: Arrays, owner: string): SparseRows {
  const { starts, columns, values } = arrays;
  if (!(starts?.data instanceof Int32Array)) throw damaged(owner, "starts", "int32");
  if (!(columns?.data instanceof Int32Array)) throw damaged(owner, "columns", "int32");
  if (!(values?.data instanceof Float32Array)) throw damaged(owner, "values", "float32");
  return { starts: starts.data, columns: columns.data, values: values.data };
}

function damaged(owner: string, name: string, dtype: string): CheckpointError {
  return new CheckpointError(
    `${owner}: the saved array "${name}" (${dtype}) is missing or of another type. The artifact is damaged or belongs to another model; train again.`,
    { code: "damaged-artifact", field: name },
  );
}
