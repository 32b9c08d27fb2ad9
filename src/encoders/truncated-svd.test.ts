import { expect, test } from "vitest";
import { Key, Stream } from "#random";
import { SparseMatrix } from "#tensor";
import { truncatedSvd } from "./truncated-svd.ts";

const runtime = { device: "cpu", threads: 1 } as const;
const key = Key.of(3).fold("svd");

/** A sparse matrix out of a function of row and column. */
function sparse(rows: number, columns: number, value: (row: number, column: number) => number): SparseMatrix {
  const starts = new Int32Array(rows + 1);
  const [places, values]: [number[], number[]] = [[], []];
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      const entry = value(row, column);
      if (entry === 0) continue;
      places.push(column);
      values.push(entry);
    }
    starts[row + 1] = places.length;
  }
  return new SparseMatrix(rows, columns, starts, Int32Array.from(places), Float32Array.from(values));
}

test("a diagonal matrix has its entries as singular values and unit vectors beside them", async () => {
  const { left, singular, rank } = await truncatedSvd(
    sparse(6, 5, (row, column) => (row === column ? row + 1 : 0)),
    3,
    key,
    runtime,
  );
  expect(rank).toBe(3);
  expect([...singular].map((value) => Math.round(value * 1e6) / 1e6)).toEqual([5, 4, 3]);
  for (const [column, row] of [4, 3, 2].entries()) expect(Math.abs(left[row * 3 + column])).toBeCloseTo(1, 6);
});

test("a matrix of rank 4 in noise is found again: U Σ² Uᵀ is A Aᵀ, and columns are orthonormal", async () => {
  const stream = new Stream(Key.of(8));
  const parts = Array.from({ length: 4 }, (_, k) => ({
    size: 8 - k,
    u: Array.from({ length: 70 }, () => stream.uniform() - 0.5),
    v: Array.from({ length: 50 }, () => stream.uniform() - 0.5),
  }));
  const dense = (row: number, column: number) =>
    parts.reduce((sum, { size, u, v }) => sum + size * u[row] * v[column], 0) + 1e-4 * (stream.uniform() - 0.5);
  const table = Array.from({ length: 70 }, (_, row) => Array.from({ length: 50 }, (__, column) => dense(row, column)));
  const { left, singular } = await truncatedSvd(
    sparse(70, 50, (row, column) => table[row][column]),
    4,
    key,
    runtime,
  );
  const product = (a: number, b: number) => table[a].reduce((sum, value, at) => sum + value * table[b][at], 0);
  for (let a = 0; a < 70; a += 7) {
    for (let b = 0; b < 70; b += 9) {
      let rebuilt = 0;
      for (let k = 0; k < 4; k++) rebuilt += left[a * 4 + k] * singular[k] ** 2 * left[b * 4 + k];
      expect(rebuilt).toBeCloseTo(product(a, b), 2);
    }
  }
  for (let k = 0; k < 4; k++) {
    for (let other = 0; other <= k; other++) {
      let inner = 0;
      for (let row = 0; row < 70; row++) inner += left[row * 4 + k] * left[row * 4 + other];
      expect(inner).toBeCloseTo(Number(k === other), 5);
    }
  }
});

test("more than a matrix has is not made up", async () => {
  const { rank, singular } = await truncatedSvd(
    sparse(3, 9, (row, column) => Number(row === column)),
    64,
    key,
    runtime,
  );
  expect(rank).toBe(3);
  expect([...singular].every((value) => Math.abs(value - 1) < 1e-6)).toBe(true);
});
