import { expect, test } from "vitest";
import { Key, Stream } from "#random";
import { symmetricEigen } from "./symmetric-eigen.ts";

/** A symmetric matrix of this size and rank out of random numbers. */
function symmetric(size: number, rank: number): Float64Array {
  const stream = new Stream(Key.of(size).fold(`rank ${rank}`));
  const factors = Array.from({ length: rank }, () => Array.from({ length: size }, () => stream.uniform() - 0.5));
  return Float64Array.from({ length: size * size }, (_, at) => {
    const [row, column] = [Math.floor(at / size), at % size];
    return factors.reduce((sum, f, k) => sum + (k % 3 === 1 ? -1 : 1) * f[row] * f[column], 0);
  });
}

test("two by two, worked out by hand", () => {
  const { values, vectors } = symmetricEigen(Float64Array.of(2, 1, 1, 2), 2); // (1, 1) → 3, (1, −1) → 1
  expect(values[0]).toBeCloseTo(3, 12);
  expect(values[1]).toBeCloseTo(1, 12);
  expect(vectors[0] / vectors[1]).toBeCloseTo(1, 12);
  expect(vectors[2] / vectors[3]).toBeCloseTo(-1, 12);
});

test.each([
  [1, 1],
  [3, 3],
  [12, 12],
  [12, 4], // eight eigenvalues of 0
  [40, 55],
])("vectors are orthonormal and put the matrix together again, size %i, rank %i", (size, rank) => {
  const matrix = symmetric(size, rank);
  const { values, vectors } = symmetricEigen(matrix, size);
  for (let k = 0; k + 1 < size; k++) expect(values[k]).toBeGreaterThanOrEqual(values[k + 1]);
  for (let i = 0; i < size; i++) {
    for (let j = 0; j < size; j++) {
      let inner = 0;
      let entry = 0;
      for (let k = 0; k < size; k++) {
        inner += vectors[i * size + k] * vectors[j * size + k];
        entry += values[k] * vectors[k * size + i] * vectors[k * size + j];
      }
      expect(inner).toBeCloseTo(i === j ? 1 : 0, 10);
      expect(entry).toBeCloseTo(matrix[i * size + j], 10);
    }
  }
});

test("a matrix that is diagonal already, with equal values, stays as it is", () => {
  const { values } = symmetricEigen(Float64Array.of(5, 0, 0, 0, 7, 0, 0, 0, 5), 3);
  expect([...values]).toEqual([7, 5, 5]);
});

test("a matrix with NaN ends in an error, not in a loop", () => {
  expect(() => symmetricEigen(Float64Array.of(1, Number.NaN, Number.NaN, 1), 2)).toThrow("internal: the eigenvalues");
});
