/**
 * The best low-rank picture of a large sparse matrix: A ≈ U Σ Vᵀ, rank r, by projecting on a random subspace that powers of
 * A Aᵀ have turned towards its greatest directions.
 *   Y = A Ω,  Ω [N, r + 16] normal;  Y ← A (Aᵀ orth(Y)) a few times;  Q = orth(Y);  Aᵀ Q = W,  Wᵀ W = V Λ Vᵀ;  U = Q V, Σ = √Λ
 * Source: Halko, Martinsson and Tropp, SIAM Review 53(2), 2011, algorithm 4.4. Orthonormal columns by Cholesky's factor of
 * the Gram matrix, shifted and repeated (Fukaya et al., SIAM J. Sci. Comput. 42(1), 2020), in double precision: everything
 * dense is then a product, which is what the runtime is good at.
 */
import { fillNormal, type Key } from "#random";
import { symmetricEigen } from "#retrieval";
import { compile, type NdArray, type Runtime, type SparseMatrix } from "#tensor";

/** Columns beyond the rank, and turns of the subspace: what text and co-occurrence matrices need for three digits. */
const OVERSAMPLE = 16;
const TURNS = 3;
/** How often columns are made orthonormal in a row: the first pass of a shifted factor only makes them nearly so. */
const PASSES = 3;

/** U and Σ of A ≈ U Σ Vᵀ. */
export interface TruncatedSvd {
  /** [rows, rank], columns of length 1. */
  readonly left: Float32Array;
  /** [rank], falling. */
  readonly singular: Float64Array;
  /** At most the rank asked for: a small matrix has no more. */
  readonly rank: number;
}

/** The `rank` greatest singular values of `matrix` and their left vectors. */
export async function truncatedSvd(
  matrix: SparseMatrix,
  rank: number,
  key: Key,
  runtime: Runtime,
): Promise<TruncatedSvd> {
  const kept = Math.min(rank, matrix.rows, matrix.columnCount);
  const width = Math.min(kept + OVERSAMPLE, matrix.rows, matrix.columnCount);
  await using products = new Products(runtime);
  const omega = new Float32Array(matrix.columnCount * width);
  fillNormal(key, omega, 1);
  const transposed = matrix.transposed();
  let basis = await products.orthonormal(times(matrix, Float64Array.from(omega), width), matrix.rows, width);
  for (let turn = 0; turn < TURNS; turn++) {
    const back = times(transposed, basis, width);
    basis = await products.orthonormal(times(matrix, back, width), matrix.rows, width);
  }
  const across = times(transposed, basis, width); // W = Aᵀ Q
  const { values, vectors } = symmetricEigen(await products.gram(across, matrix.columnCount, width), width);
  const turned = await products.times(basis, matrix.rows, width, transposedSquare(vectors, width));
  const left = new Float32Array(matrix.rows * kept);
  for (let row = 0; row < matrix.rows; row++) {
    for (let column = 0; column < kept; column++) left[row * kept + column] = turned[row * width + column];
  }
  return { left, singular: values.slice(0, kept).map((value) => Math.sqrt(Math.max(0, value))), rank: kept };
}

/** A X for a dense X [N, width]. */
function times(matrix: SparseMatrix, x: Float64Array, width: number): Float64Array {
  const product = new Float64Array(matrix.rows * width);
  for (let row = 0; row < matrix.rows; row++) {
    const to = row * width;
    for (let at = matrix.starts[row]; at < matrix.starts[row + 1]; at++) {
      const from = matrix.columns[at] * width;
      const value = matrix.values[at];
      for (let k = 0; k < width; k++) product[to + k] += value * x[from + k];
    }
  }
  return product;
}

/** Dense products in double precision. */
class Products implements AsyncDisposable {
  readonly #gram;
  readonly #times;

  constructor(runtime: Runtime) {
    const options = { runtime, double: true, axes: { x: ["N", null] } };
    this.#gram = compile("svd.gram", ({ x }) => ({ product: x.transpose().matmul(x) }), options);
    this.#times = compile("svd.times", ({ x, y }) => ({ product: x.matmul(y) }), options);
  }

  /** Xᵀ X of X [rows, width]. */
  async gram(x: Float64Array, rows: number, width: number): Promise<Float64Array> {
    const { product } = await this.#gram.run({ x: float64(x, [rows, width]) });
    return Float64Array.from(product.data as Float64Array); // a graph of double precision
  }

  /** X Y of X [rows, width] and Y [width, width]. */
  async times(x: Float64Array, rows: number, width: number, y: Float64Array): Promise<Float64Array> {
    const inputs = { x: float64(x, [rows, width]), y: float64(y, [width, width]) };
    return (await this.#times.run(inputs)).product.data as Float64Array; // a graph of double precision
  }

  /** Orthonormal columns that span what X's span: X R⁻¹ with Rᵀ R = Xᵀ X + shift. */
  async orthonormal(x: Float64Array, rows: number, width: number): Promise<Float64Array> {
    let columns = x;
    for (let pass = 0; pass < PASSES; pass++) {
      const gram = await this.gram(columns, rows, width);
      columns = await this.times(columns, rows, width, inverseFactor(gram, width, rows));
    }
    return columns;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#gram[Symbol.asyncDispose]();
    await this.#times[Symbol.asyncDispose]();
  }
}

/** R⁻¹ (upper triangular) of the Cholesky factor Rᵀ R = G + shift · I. */
function inverseFactor(gram: Float64Array, size: number, rows: number): Float64Array {
  let trace = 0;
  for (let at = 0; at < size; at++) trace += gram[at * size + at];
  const shift = 11 * (rows * size + size * (size + 1)) * Number.EPSILON * (trace / size);
  const lower = new Float64Array(size * size); // L = Rᵀ
  for (let row = 0; row < size; row++) {
    for (let column = 0; column <= row; column++) {
      let sum = gram[row * size + column] + (row === column ? shift : 0);
      for (let k = 0; k < column; k++) sum -= lower[row * size + k] * lower[column * size + k];
      lower[row * size + column] =
        row === column ? Math.sqrt(Math.max(sum, Number.MIN_VALUE)) : sum / lower[column * size + column];
    }
  }
  return transposedSquare(inverseLower(lower, size), size);
}

/** L⁻¹ by forward substitution, column after column. */
function inverseLower(lower: Float64Array, size: number): Float64Array {
  const inverse = new Float64Array(size * size);
  for (let row = 0; row < size; row++) {
    const own = inverse.subarray(row * size, (row + 1) * size);
    for (let k = 0; k < row; k++) {
      const factor = lower[row * size + k];
      if (factor === 0) continue;
      for (let column = 0; column <= k; column++) own[column] -= factor * inverse[k * size + column];
    }
    own[row] += 1;
    for (let column = 0; column <= row; column++) own[column] /= lower[row * size + row];
  }
  return inverse;
}

function transposedSquare(matrix: Float64Array, size: number): Float64Array {
  const result = new Float64Array(size * size);
  for (let row = 0; row < size; row++) {
    for (let column = 0; column < size; column++) result[column * size + row] = matrix[row * size + column];
  }
  return result;
}

function float64(data: Float64Array, shape: readonly number[]): NdArray<Float64Array> {
  return { dtype: "float64", shape, data };
}
