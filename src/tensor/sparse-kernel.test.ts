import { expect, test } from "vitest";
import { normals } from "../../test/suites/examples.ts";
import { SparseMatrix } from "./primitives/sparse.ts";
import { SparseKernel } from "./sparse-kernel.ts";

/** 50 x 40 with 0 to 9 entries a row, the first and the last row empty. */
function random(): SparseMatrix {
  const [starts, columns] = [[0], [] as number[]];
  for (let row = 0; row < 50; row++) {
    const entries = row === 0 || row === 49 ? 0 : (row * 7) % 10;
    for (let entry = 0; entry < entries; entry++) columns.push((row * 13 + entry * entry * 11) % 40);
    starts.push(columns.length);
  }
  return new SparseMatrix(
    50,
    40,
    Int32Array.from(starts),
    Int32Array.from(columns),
    normals([columns.length], "values").data,
  );
}

/** Σ_c A_rc x_cd, in double precision. */
function twin({ starts, columns, values }: SparseMatrix, x: Float32Array, width: number, row: number, d: number) {
  let sum = 0;
  for (let at = starts[row]; at < starts[row + 1]; at++) sum += values[at] * x[columns[at] * width + d];
  return sum;
}

test.each([4, 8, 12, 16, 20, 32, 64, 96])("rows of %d numbers are the plain loop's", (width) => {
  const matrix = random();
  const kernel = SparseKernel.for(matrix, width)!;
  const x = normals([40 * width], "x").data;
  kernel.input.data.set(x);
  kernel.output.data.fill(9); // what stood there before is no part of the answer
  kernel.product(kernel.input, kernel.output);
  for (let row = 0; row < 50; row++) {
    for (let d = 0; d < width; d++) {
      expect(kernel.output.data[row * width + d]).toBeCloseTo(twin(matrix, x, width, row, d), 5);
    }
  }
});

test("a base is added before the sum is scaled, and rows that are not asked for stay as they were", () => {
  const [width, only] = [8, Int32Array.of(49, 3, 7)];
  const matrix = random();
  const kernel = SparseKernel.for(matrix, width)!;
  const [x, base] = [normals([40 * width], "x").data, normals([50 * width], "base").data];
  kernel.input.data.set(x);
  kernel.spare.data.set(base);
  kernel.output.data.fill(9);
  kernel.product(kernel.input, kernel.output, { base: kernel.spare, scale: 0.25, only });
  for (let row = 0; row < 50; row++) {
    for (let d = 0; d < width; d++) {
      const expected = only.includes(row) ? 0.25 * (base[row * width + d] + twin(matrix, x, width, row, d)) : 9;
      expect(kernel.output.data[row * width + d]).toBeCloseTo(expected, 5);
    }
  }
});

test("rows that are no whole vectors, or more than a memory holds, are for the plain loop", () => {
  const matrix = random();
  expect(SparseKernel.for(matrix, 6)).toBeUndefined();
  expect(SparseKernel.for(matrix, 0)).toBeUndefined();
  expect(SparseKernel.for(matrix, 1 << 23)).toBeUndefined();
  const x = normals([40 * 6], "x").data;
  const product = matrix.times(x, 6);
  expect(product).toHaveLength(50 * 6);
  product.forEach((value, at) => {
    expect(value).toBeCloseTo(twin(matrix, x, 6, Math.floor(at / 6), at % 6), 5);
  });
});
