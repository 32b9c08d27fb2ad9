/**
 * EASE: the linear model that best gives every history back out of itself, item by item, without using the item itself.
 *   G = RᵀR + λI,  P = G⁻¹,  B_ij = −P_ij / P_jj (i ≠ j),  B_ii = 0      s_u = R_u B
 * Source: H. Steck, Embarrassingly Shallow Autoencoders for Sparse Data, WWW 2019 (arXiv:1905.03375), equation 8.
 * Differs: items nobody took are left out of the inverse (their rows and columns of B are 0 anyway); of each row of B only
 * the `keep` entries of largest magnitude are kept, so that what is stored grows with N and not with N².
 */
import { SparseMatrix } from "#tensor";
import { type InverseOptions, inverseBytes, invert } from "../inverse.ts";
import { selectTop } from "../select.ts";
import { KeptRows } from "../sparse.ts";
import { Symmetric } from "../symmetric.ts";

export interface EaseOptions extends InverseOptions {
  /** λ: the larger, the smaller and the more alike the weights. */
  readonly lambda: number;
  /** Entries kept of each row of B. */
  readonly keep: number;
  /** Rows of a block; 512 by default, which products on one core like best. */
  readonly block?: number;
}

const BLOCK = 512;

/** Bytes that `easeKernel` takes at its height, for so many items that were taken at all. */
export function easeBytes(items: number, keep: number, block = BLOCK): number {
  const kept = 2 * 8 * items * Math.min(keep, items); // once more while it is cut to its length
  return Symmetric.bytes(items, block) + inverseBytes(items, Math.min(items, block)) + kept;
}

/** Items that anyone took, rising: the columns of R that are not empty. */
export function takenItems(interactions: SparseMatrix): Int32Array {
  const taken = new Uint8Array(interactions.columnCount);
  for (const column of interactions.columns) taken[column] = 1;
  return Int32Array.from(taken.keys()).filter((item) => taken[item] === 1);
}

/** The kernel B out of R [users, columns]; rows and columns as R's columns. */
export async function easeKernel(interactions: SparseMatrix, options: EaseOptions): Promise<SparseMatrix> {
  const { lambda, keep, block = BLOCK } = options;
  const items = takenItems(interactions);
  const places = placesOf(items, interactions.columnCount);
  const among = new SparseMatrix(
    interactions.rows,
    items.length,
    interactions.starts,
    interactions.columns.map((item) => places[item]),
    interactions.values,
  );
  const matrix = gram(among, lambda, block);
  await invert(matrix, options);
  return weights(matrix, items, places, keep);
}

/** Where every column stands among the items that were taken; -1 where nobody took it. */
function placesOf(items: Int32Array, columns: number): Int32Array {
  const places = new Int32Array(columns).fill(-1);
  items.forEach((item, place) => {
    places[item] = place;
  });
  return places;
}

/** RᵀR + λI. */
function gram(interactions: SparseMatrix, lambda: number, block: number): Symmetric {
  const { starts, columns, values } = interactions;
  const takers = interactions.transposed();
  const matrix = new Symmetric(interactions.columnCount, block);
  for (let item = 0; item < matrix.size; item++) {
    const row = matrix.row(item);
    for (let at = takers.starts[item]; at < takers.starts[item + 1]; at++) {
      const user = takers.columns[at];
      for (let other = starts[user]; other < starts[user + 1]; other++) {
        if (columns[other] < row.length) row[columns[other]] += takers.values[at] * values[other];
      }
    }
    row[item] += lambda;
  }
  return matrix;
}

/** B out of P, as rows and columns of the whole catalogue. */
function weights(inverse: Symmetric, items: Int32Array, places: Int32Array, keep: number): SparseMatrix {
  const diagonal = Float64Array.from(items, (_, place) => inverse.row(place)[place]);
  const rows = new KeptRows(places.length, (row) => (places[row] < 0 ? 0 : Math.min(keep, items.length - 1)));
  const columns = new Float64Array(inverse.size * Math.min(inverse.size, inverse.block));
  const row = new Float32Array(inverse.size);
  for (let item = 0, panel = -1; item < places.length; item++) {
    const place = places[item];
    if (place < 0) {
      rows.push(new Int32Array(0), new Float32Array(0));
      continue;
    }
    // Rows are read as columns of the symmetric inverse, a panel of them at a time.
    if (Math.floor(place / inverse.block) !== panel) inverse.columns(++panel, columns);
    const width = inverse.end(panel) - inverse.start(panel);
    for (let other = 0, at = place - inverse.start(panel); other < row.length; other++, at += width) {
      row[other] = -columns[at] / diagonal[other];
    }
    row[place] = 0;
    const kept = largest(row, keep);
    rows.push(
      kept.map((other) => items[other]),
      Float32Array.from(kept, (other) => row[other]),
    );
  }
  return rows.finish();
}

/** Where the `keep` entries of largest magnitude stand, none of them 0. */
function largest(row: Float32Array, keep: number): Int32Array {
  return selectTop(
    row.map((value) => (value === 0 ? -Infinity : Math.abs(value))),
    keep,
  ).indices;
}
