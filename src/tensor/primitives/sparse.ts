/**
 * A constant sparse matrix times a dense one: Y = A X with A [M, N] in compressed rows, X [N, D].
 * ONNX has no such operator, so it runs on the host, between two graphs; dX = Aᵀ G with the transposed matrix made once.
 */
import { ShapeError } from "#base";
import { float32 } from "../dtype.ts";
import { definePrimitive, method } from "../primitive.ts";
import type { Tensor } from "../tensor.ts";
import { requireKind } from "./broadcast.ts";

/** A matrix in compressed sparse rows: row r holds columns[starts[r] .. starts[r+1]]. */
export class SparseMatrix {
  #transposed: SparseMatrix | undefined;

  constructor(
    readonly rows: number,
    readonly columnCount: number,
    readonly starts: Int32Array,
    readonly columns: Int32Array,
    readonly values: Float32Array,
  ) {
    if (starts.length !== rows + 1 || starts[rows] !== columns.length || values.length !== columns.length) {
      throw new ShapeError(
        `SparseMatrix: expected ${rows + 1} row starts that end at ${columns.length} columns and values, ` +
          `got ${starts.length} starts that end at ${starts.at(-1)} and ${values.length} values.`,
      );
    }
    const outside = columns.find((column) => column < 0 || column >= columnCount);
    if (outside !== undefined) {
      throw new ShapeError(`SparseMatrix: column ${outside} does not exist, expected 0 to ${columnCount - 1}.`);
    }
  }

  /** Aᵀ, made when first asked for. */
  transposed(): SparseMatrix {
    if (this.#transposed !== undefined) return this.#transposed;
    const starts = new Int32Array(this.columnCount + 1);
    for (const column of this.columns) starts[column + 1]++;
    for (let column = 0; column < this.columnCount; column++) starts[column + 1] += starts[column];
    const next = starts.slice();
    const columns = new Int32Array(this.columns.length);
    const values = new Float32Array(this.values.length);
    for (let row = 0; row < this.rows; row++) {
      for (let at = this.starts[row]; at < this.starts[row + 1]; at++) {
        const place = next[this.columns[at]]++;
        columns[place] = row;
        values[place] = this.values[at];
      }
    }
    this.#transposed = new SparseMatrix(this.columnCount, this.rows, starts, columns, values);
    this.#transposed.#transposed = this;
    return this.#transposed;
  }

  /** How printed graphs name it. */
  toJSON(): string {
    return `sparse ${this.rows} x ${this.columnCount}, ${this.values.length} entries`;
  }
}

declare module "../tensor.ts" {
  interface Tensor {
    /** matrix · this: matrix [M, N], this [N, D] → [M, D]. */
    sparseProduct(matrix: SparseMatrix): Tensor;
  }
}

const EXAMPLE = new SparseMatrix(
  3,
  4,
  Int32Array.of(0, 2, 2, 4),
  Int32Array.of(0, 3, 1, 3),
  Float32Array.of(0.5, -1, 2, 0.25),
);

export const sparseProduct = definePrimitive<{ matrix: SparseMatrix }>("sparseProduct", {
  infer: ([x], { matrix }) => {
    requireKind("sparseProduct", "float", x);
    if (x.rank !== 2 || x.shape[0] !== matrix.columnCount) {
      throw new ShapeError(
        `sparseProduct: expected [${matrix.columnCount}, D] for a matrix of ${matrix.columnCount} columns, got ${x.label}.`,
      );
    }
    return { shape: [matrix.rows, x.shape[1]], dtype: x.dtype };
  },
  vjp: (gradient, _, { attributes: { matrix } }) => [gradient.sparseProduct(matrix.transposed())],
  onnx: {
    host: ([x], { matrix }) => {
      const width = x.shape[1];
      if (x.data instanceof Float64Array) {
        return {
          dtype: "float64",
          shape: [matrix.rows, width],
          data: multiply(matrix, x.data, new Float64Array(matrix.rows * width), width),
        };
      }
      // Only float arrays reach a sparse product.
      return float32(multiply(matrix, x.data as Float32Array, new Float32Array(matrix.rows * width), width), [
        matrix.rows,
        width,
      ]);
    },
  },
  examples: [{ inputs: [[4, 3]], attributes: { matrix: EXAMPLE } }],
});

function multiply<T extends Float32Array | Float64Array>(matrix: SparseMatrix, dense: T, out: T, width: number): T {
  const { starts, columns, values } = matrix;
  for (let row = 0; row < matrix.rows; row++) {
    const to = row * width;
    for (let at = starts[row]; at < starts[row + 1]; at++) {
      const from = columns[at] * width;
      const value = values[at];
      for (let column = 0; column < width; column++) out[to + column] += value * dense[from + column];
    }
  }
  return out;
}

method("sparseProduct", function (this: Tensor, matrix: SparseMatrix) {
  return sparseProduct.apply([this], { matrix });
});
