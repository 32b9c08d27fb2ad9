import { expect, test } from "vitest";
import { Key, Stream } from "#random";
import { gaussJordan } from "../../test/suites/gauss-jordan.ts";
import { inverseBytes, invert } from "./inverse.ts";
import { Symmetric } from "./symmetric.ts";

const runtime = { device: "cpu", threads: 1 } as const;

/** A positive definite matrix: XᵀX of random numbers, with something on the diagonal. */
function example(size: number, diagonal: number): number[][] {
  const stream = new Stream(Key.of(5).fold("inverse").fold(size));
  const rows = Array.from({ length: size + 3 }, () => Array.from({ length: size }, () => 2 * stream.uniform() - 1));
  return Array.from({ length: size }, (_, i) =>
    Array.from({ length: size }, (_, j) => rows.reduce((sum, row) => sum + row[i] * row[j], i === j ? diagonal : 0)),
  );
}

function symmetric(table: number[][], block: number): Symmetric {
  const matrix = new Symmetric(table.length, block);
  table.forEach((row, index) => {
    matrix.row(index).set(row.slice(0, matrix.row(index).length));
  });
  return matrix;
}

test("two by two, by hand", async () => {
  // [[2, 1], [1, 2]]⁻¹ = [[2, −1], [−1, 2]] / 3
  const matrix = symmetric(
    [
      [2, 1],
      [1, 2],
    ],
    1,
  );
  await invert(matrix, { runtime });
  expect(matrix.row(0)[0]).toBeCloseTo(2 / 3, 12);
  expect(matrix.row(1)[0]).toBeCloseTo(-1 / 3, 12);
  expect(matrix.row(1)[1]).toBeCloseTo(2 / 3, 12);
});

test.each([
  [1, 4],
  [12, 3],
  [13, 3],
  [13, 5],
  [13, 12],
  [13, 13],
  [13, 64],
  [40, 7],
])("%i rows in blocks of %i agree with Gauss-Jordan elimination", async (size, block) => {
  const table = example(size, 0.5);
  const matrix = symmetric(table, block);
  const told: number[] = [];
  await invert(matrix, { runtime, progress: (done, of) => told.push(done, of) });
  const expected = gaussJordan(table);
  for (let row = 0; row < size; row++) {
    matrix.row(row).forEach((value, column) => {
      expect(value).toBeCloseTo(expected[row][column], 9);
    });
  }
  const blocks = Math.ceil(size / block);
  expect(told).toEqual(Array.from({ length: blocks }, (_, at) => [at + 1, blocks]).flat());
});

test("more columns than one product takes", async () => {
  const size = 2100; // products return 2,048 columns at most
  const matrix = new Symmetric(size, 300);
  for (let row = 0; row < size; row++) {
    const stored = matrix.row(row);
    for (let column = 0; column < stored.length; column++) stored[column] = 1 + (row === column ? 4 : 0);
  }
  await invert(matrix, { runtime });
  // (4 I + 1 1ᵀ)⁻¹ = (I − 1 1ᵀ / (4 + N)) / 4
  for (const [row, column] of [
    [0, 0],
    [2099, 2099],
    [2099, 0],
    [2099, 2060],
    [1500, 3],
  ]) {
    const expected = ((row === column ? 1 : 0) - 1 / (4 + size)) / 4;
    expect(matrix.row(row)[column]).toBeCloseTo(expected, 12);
  }
});

test("it stops between two products", async () => {
  let asked = 0;
  const signal = {
    get aborted() {
      return ++asked > 3;
    },
  };
  await expect(invert(symmetric(example(12, 1), 3), { runtime, signal })).rejects.toThrow("interrupted");
  expect(asked).toBe(4);
});

test("a matrix that is not positive definite is our own mistake", async () => {
  const matrix = symmetric(
    [
      [1, 2],
      [2, 1],
    ],
    2,
  );
  await expect(invert(matrix, { runtime })).rejects.toThrow(
    "internal: the matrix to invert is not positive definite (pivot -3)",
  );
});

test("what it needs beside the matrix is stated in bytes", () => {
  expect(inverseBytes(10_000, 512)).toBe(8 * (10_000 * 512 + 4 * 512 * 2048 + 3 * 512 * 512));
});
