/**
 * The inverse of a symmetric positive definite matrix, in place and in blocks: the sweep operator. Sweeping block k,
 *   A_kk ← −D⁻¹,  A_ik ← A_ik D⁻¹,  A_ij ← A_ij − A_ik D⁻¹ A_kj   with D = A_kk, i, j ≠ k,
 * and once all are swept A holds −A⁻¹. What is not yet swept is the Schur complement that a blocked Cholesky factorisation
 * leaves there; that no factor is stored lets one triangle do for everything. N³ operations: N³ / (2 · block) additions here,
 * the rest products on ONNX Runtime in float64.
 * Source: J. H. Goodnight, A Tutorial on the SWEEP Operator, The American Statistician 33 (1979); blocks are ours.
 */
import { InterruptedError } from "#base";
import { type Compiled, compile, type NdArray, type Runtime, type Tensor } from "#tensor";
import type { Symmetric } from "./symmetric.ts";

/** Columns of one product: bounds what a product returns to block × this. */
const CHUNK = 2048;

export interface InverseOptions {
  readonly runtime: Runtime;
  /** Asked between products. */
  readonly signal?: { readonly aborted: boolean };
  /** Told after each block. */
  readonly progress?: (done: number, of: number) => void;
}

/** Bytes beside the matrix itself: one block's columns, what products return, and as much again until it is collected. */
export function inverseBytes(size: number, block: number): number {
  return Float64Array.BYTES_PER_ELEMENT * (size * block + 4 * block * Math.min(size, CHUNK) + 3 * block * block);
}

/** Replaces `matrix` by its inverse; what it held is lost, in part where it is interrupted. */
export async function invert(matrix: Symmetric, { runtime, signal, progress }: InverseOptions): Promise<void> {
  await using product = compile<Pair, { product: Tensor }>(
    "inverse/product",
    ({ a, b }) => ({ product: a.matmul(b, { transposeB: true }) }),
    { runtime, double: true, axes: { a: ["R", "K"], b: ["C", "K"] } },
  );
  const columns = new Float64Array(matrix.size * Math.min(matrix.size, matrix.block));
  for (let pivot = 0; pivot < matrix.panels.length; pivot++) {
    await sweep(matrix, pivot, columns, product, signal);
    progress?.(pivot + 1, matrix.panels.length);
  }
  for (const panel of matrix.panels) for (let at = 0; at < panel.length; at++) panel[at] = -panel[at];
}

type Pair = { readonly a: NdArray; readonly b: NdArray };
type Product = Compiled<Pair, { product: Tensor }>;

async function sweep(
  matrix: Symmetric,
  pivot: number,
  columns: Float64Array, // [N, K]: A_·k as it was before this sweep
  product: Product,
  signal: InverseOptions["signal"],
): Promise<void> {
  const start = matrix.start(pivot);
  const width = matrix.end(pivot) - start;
  matrix.columns(pivot, columns);
  const rowsOf = (from: number, to: number) => double(columns.subarray(from * width, to * width), [to - from, width]);
  const swept = columns.slice(start * width, (start + width) * width); // −D⁻¹
  sweepAll(swept, width);
  for (let panel = 0; panel < matrix.panels.length; panel++) {
    if (signal?.aborted) throw new InterruptedError();
    if (panel === pivot) continue;
    const own = rowsOf(matrix.start(panel), matrix.end(panel));
    const left = (await product.run({ a: own, b: double(swept, [width, width]) })).product; // −A_ik D⁻¹, for D is symmetric
    for (let from = 0; from < matrix.end(panel); from += CHUNK) {
      const to = Math.min(matrix.end(panel), from + CHUNK);
      const change = (await product.run({ a: left, b: rowsOf(from, to) })).product;
      addTo(matrix, panel, from, values(change), to - from);
    }
    replacePivot(matrix, panel, start, values(left), width);
  }
  for (let row = 0; row < width; row++) {
    matrix.row(start + row).set(swept.subarray(row * width, (row + 1) * width), start);
  }
}

/** A_pj += change, for the columns from `from` on. */
function addTo(matrix: Symmetric, panel: number, from: number, change: Float64Array, width: number): void {
  for (let row = matrix.start(panel), at = 0; row < matrix.end(panel); row++) {
    const target = matrix.row(row);
    for (let column = from; column < from + width; column++) target[column] += change[at++];
  }
}

/** Writes A_pk D⁻¹ = −left into the pivot's columns: of this panel, or, above the pivot, into the pivot's own rows. */
function replacePivot(matrix: Symmetric, panel: number, pivotStart: number, left: Float64Array, width: number): void {
  const start = matrix.start(panel);
  const rows = matrix.end(panel) - start;
  if (start > pivotStart) {
    for (let row = 0; row < rows; row++) {
      const target = matrix.row(start + row);
      for (let column = 0; column < width; column++) target[pivotStart + column] = -left[row * width + column];
    }
    return;
  }
  for (let column = 0; column < width; column++) {
    const target = matrix.row(pivotStart + column);
    for (let row = 0; row < rows; row++) target[start + row] = -left[row * width + column];
  }
}

/** Sweeps every row of a small dense symmetric matrix [size, size]: −A⁻¹ in its place. */
function sweepAll(matrix: Float64Array, size: number): void {
  const column = new Float64Array(size);
  for (let pivot = 0; pivot < size; pivot++) {
    const d = matrix[pivot * size + pivot];
    if (!(d > 0)) throw new Error(`internal: the matrix to invert is not positive definite (pivot ${d})`);
    // The lower triangle alone is worked on: below the pivot its column, left of it its row.
    for (let row = 0; row < size; row++) column[row] = matrix[row < pivot ? pivot * size + row : row * size + pivot];
    for (let row = 0; row < size; row++) {
      if (row === pivot) continue;
      const factor = column[row] / d;
      for (let at = 0; at <= row; at++) matrix[row * size + at] -= factor * column[at];
    }
    for (let row = 0; row < size; row++) {
      matrix[row < pivot ? pivot * size + row : row * size + pivot] = row === pivot ? -1 / d : column[row] / d;
    }
  }
  for (let row = 0; row < size; row++) {
    for (let at = 0; at < row; at++) matrix[at * size + row] = matrix[row * size + at];
  }
}

function double(data: Float64Array, shape: readonly number[]): NdArray<Float64Array> {
  return { dtype: "float64", shape, data };
}

function values({ data }: NdArray): Float64Array {
  return data as Float64Array; // as: the graph is compiled in float64
}
