/**
 * A constant sparse matrix times a dense one: Y = A X with A [M, N] in compressed rows, X [N, D]; and means of its powers.
 *   propagated rows: E = (I + A + … + A^L) X / (L + 1), of which the rows asked for leave (LightGCN, arXiv 2002.02126, eq. 7)
 * ONNX has no such operator, so it runs on the host, between two graphs; dX = Aᵀ G with the transposed matrix made once.
 * Differs: the sum of powers is computed as X + A (X + A (X + …)), L products and no sums between them.
 */
import { ShapeError } from "#base";
import { type DType, float32, type NdArray } from "../dtype.ts";
import { definePrimitive, method, type Primitive } from "../primitive.ts";
import { SparseKernel } from "../sparse-kernel.ts";
import type { Tensor } from "../tensor.ts";
import { requireKind } from "./broadcast.ts";

/** A matrix in compressed sparse rows: row r holds columns[starts[r] .. starts[r+1]]. */
export class SparseMatrix {
  #transposed: SparseMatrix | undefined;
  #kernel: { readonly width: number; readonly made: SparseKernel | undefined } | undefined;

  constructor(
    readonly rows: number,
    readonly columnCount: number,
    readonly starts: Int32Array,
    readonly columns: Int32Array,
    readonly values: Float32Array,
    /** Says that A = Aᵀ, so that no transposed matrix is made. It is not checked. */
    symmetric = false,
  ) {
    if (symmetric) this.#transposed = this;
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

  /** The fast way to multiply rows of `width` numbers, where there is one; that of the last width is kept. */
  kernel(width: number): SparseKernel | undefined {
    if (this.#kernel?.width !== width) this.#kernel = { width, made: SparseKernel.for(this, width) };
    return this.#kernel.made;
  }

  /** A X for dense rows of `width` numbers. */
  times<T extends Float32Array | Float64Array>(dense: T, width: number): T {
    const kernel = dense instanceof Float32Array ? this.kernel(width) : undefined;
    if (kernel === undefined) return multiply(this, dense, zeros(dense, this.rows * width), width);
    kernel.input.data.set(dense);
    kernel.product(kernel.input, kernel.output);
    return kernel.output.data.slice() as T; // a kernel is there for float32 only
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
    /** Rows of the mean of 0 to `layers` products: this [N, D], matrix [N, N], indices [n] → [n, D]. */
    propagatedRows(matrix: SparseMatrix, layers: number, indices: Tensor): Tensor;
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
  onnx: { host: ([x], { matrix }) => shaped(matrix.times(floats(x), x.shape[1]), matrix.rows) },
  examples: [
    { inputs: [[4, 3]], attributes: { matrix: EXAMPLE } },
    { inputs: [[4, 24]], attributes: { matrix: EXAMPLE } },
  ],
});

type Propagation = { matrix: SparseMatrix; layers: number };
const SQUARE = new SparseMatrix(
  4,
  4,
  Int32Array.of(0, 2, 2, 4, 5),
  Int32Array.of(0, 3, 1, 3, 2),
  Float32Array.of(0.5, -1, 2, 0.25, -0.75),
);
const ROWS = { shape: [5], dtype: "int32", values: { below: 4 } } as const;
const PROPAGATIONS = [1, 3].map((layers) => ({ matrix: SQUARE, layers }));

export const propagatedRows: Primitive<Propagation> = definePrimitive<Propagation>("propagatedRows", {
  infer: ([x, indices], { matrix, layers }) => {
    requireKind("propagatedRows", "float", x);
    const { rows, columnCount } = matrix;
    if (rows !== columnCount || x.rank !== 2 || x.shape[0] !== rows || indices.rank !== 1 || !(layers >= 0)) {
      throw new ShapeError(
        `propagatedRows: expected a square matrix, as many rows [N, D] as it has, indices [n] and 0 or more layers, ` +
          `got a matrix [${rows}, ${columnCount}], ${x.label}, ${indices.label} and ${layers} layers.`,
      );
    }
    return { shape: [indices.shape[0], x.shape[1]], dtype: x.dtype };
  },
  vjp: (gradient, [, indices], { attributes: { matrix, layers } }) => [
    propagatedGradient.apply([gradient, indices], { matrix: matrix.transposed(), layers }),
    null,
  ],
  onnx: {
    host: ([x, indices], { matrix, layers }) => {
      const width = x.shape[1];
      const wanted = indices.data as Int32Array; // indices are int32
      const all = propagated(matrix, layers, floats(x), width, distinct(wanted, matrix.rows));
      const rows = zeros(all, wanted.length * width);
      wanted.forEach((row, at) => {
        rows.set(all.subarray(row * width, (row + 1) * width), at * width);
      });
      return shaped(rows, wanted.length);
    },
  },
  examples: PROPAGATIONS.flatMap((attributes) => [3, 8].map((width) => ({ inputs: [[4, width], ROWS], attributes }))),
});

/** The way back: rows are added up where they came from and the sum is propagated by the transposed matrix. */
export const propagatedGradient: Primitive<Propagation> = definePrimitive<Propagation>("propagatedGradient", {
  infer: ([rows], { matrix }) => ({ shape: [matrix.rows, rows.shape[1]], dtype: rows.dtype }),
  vjp: (gradient, [, indices], { attributes: { matrix, layers } }) => [
    propagatedRows.apply([gradient, indices], { matrix: matrix.transposed(), layers }),
    null,
  ],
  onnx: {
    host: ([rows, indices], { matrix, layers }) => {
      const width = rows.shape[1];
      const values = floats(rows);
      const kernel = values instanceof Float32Array ? matrix.kernel(width) : undefined;
      const sum = kernel?.input.data.fill(0) ?? zeros(values, matrix.rows * width);
      (indices.data as Int32Array).forEach((row, at) => {
        const [to, from] = [row * width, at * width];
        for (let column = 0; column < width; column++) sum[to + column] += values[from + column];
      });
      const all = propagated(matrix, layers, sum, width);
      return shaped(kernel === undefined ? all : all.slice(), matrix.rows);
    },
  },
  examples: PROPAGATIONS.flatMap((attributes) => [3, 8].map((width) => ({ inputs: [[5, width], ROWS], attributes }))),
});

/** (X + A (X + …)) / (L + 1), of which rows outside `only` mean nothing. The kernel's memory, if there is one: copy before the next. */
function propagated<T extends Float32Array | Float64Array>(
  matrix: SparseMatrix,
  layers: number,
  x: T,
  width: number,
  only?: Int32Array,
): T {
  const kernel = x instanceof Float32Array ? matrix.kernel(width) : undefined;
  const scale = 1 / (layers + 1);
  if (kernel === undefined || layers === 0) {
    let sum = x;
    for (let layer = 0; layer < layers; layer++) sum = multiply(matrix, sum, x.slice() as T, width); // a copy of x is a T
    return sum.map((value) => value * scale) as T;
  }
  const { input, output, spare } = kernel;
  if (input.data !== x) input.data.set(x);
  let [from, to] = [input, output];
  for (let layer = 1; layer <= layers; layer++) {
    const last = layer === layers ? { scale, only } : {};
    kernel.product(from, to, { base: input, ...last });
    [from, to] = [to, to === output ? spare : output];
  }
  return from.data as unknown as T; // a kernel is there for float32 only
}

/** Every row that is named, once. */
function distinct(rows: Int32Array, count: number): Int32Array {
  const seen = new Uint8Array(count);
  return rows.filter((row) => {
    const first = seen[row] === 0;
    seen[row] = 1;
    return first;
  });
}

/** out += A X */
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

/** The numbers of a float array: only such reach a sparse product. */
function floats({ data }: NdArray): Float32Array | Float64Array {
  return data as Float32Array | Float64Array;
}

function zeros<T extends Float32Array | Float64Array>(like: T, length: number): T {
  return (like instanceof Float64Array ? new Float64Array(length) : new Float32Array(length)) as T; // of the same class
}

function shaped(data: Float32Array | Float64Array, rows: number): NdArray {
  const shape = [rows, data.length / rows];
  return data instanceof Float32Array ? float32(data, shape) : { dtype: "float64" satisfies DType, shape, data };
}

method("sparseProduct", function (this: Tensor, matrix: SparseMatrix) {
  return sparseProduct.apply([this], { matrix });
});
method("propagatedRows", function (this: Tensor, matrix: SparseMatrix, layers: number, indices: Tensor) {
  requireKind("propagatedRows", "index", indices);
  return propagatedRows.apply([this, indices], { matrix, layers });
});
