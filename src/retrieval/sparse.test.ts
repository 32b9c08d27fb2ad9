import { expect, test } from "vitest";
import { float32, int32, SparseMatrix } from "#tensor";
import { addDecayedRows, addRow, KeptRows, sparseFromArrays, sparseToArrays } from "./sparse.ts";

// [[0, 2, 0], [0, 0, 0], [5, 0, 7]]
const matrix = new SparseMatrix(3, 3, Int32Array.of(0, 1, 1, 3), Int32Array.of(1, 0, 2), Float32Array.of(2, 5, 7));

test("a weighted row is added where its columns are", () => {
  const out = new Float32Array(6).fill(1);
  addRow(matrix, 2, 10, out, 3);
  addRow(matrix, 1, 10, out, 3); // an empty row
  expect([...out]).toEqual([1, 1, 1, 1 + 50, 1, 1 + 70]);
});

test("the newest item weighs most: a score is the decayed sum of kernel rows", () => {
  const kernel = new SparseMatrix(4, 4, Int32Array.of(0, 0, 1, 2, 2), Int32Array.of(3, 3), Float32Array.of(10, 1));
  const out = new Float32Array(8);
  addDecayedRows(kernel, Int32Array.of(1, 2, 1), 0.5, out, 4); // ages 2, 1, 0
  expect([...out]).toEqual([0, 0, 0, 0, 0, 0, 0, 10 * 1 + 1 * 0.5 + 10 * 0.25]);
});

test("a matrix survives its arrays", () => {
  expect(sparseFromArrays(sparseToArrays(matrix), 3, "transitions")).toEqual(matrix);
});

test("an array that is missing, of another type or of another size is named", () => {
  const whole = sparseToArrays(matrix);
  const { starts: _starts, ...without } = whole;
  expect(() => sparseFromArrays(without, 3, "transitions")).toThrowErrorMatchingInlineSnapshot(
    `[CheckpointError: transitions: the saved array "starts" (int32 with 4 elements) is missing or does not fit. The artifact is damaged or belongs to another model or dataset; train again.]`,
  );
  expect(() => sparseFromArrays(whole, 4, "transitions")).toThrow(/"starts" \(int32 with 5 elements\)/);
  expect(() => sparseFromArrays({ ...whole, columns: float32([1], [1]) }, 3, "transitions")).toThrow(
    /"columns" \(int32/,
  );
  expect(() => sparseFromArrays({ ...whole, values: int32([1], [1]) }, 3, "transitions")).toThrow(/"values" \(float32/);
});

test("rows made one by one become one matrix, shorter than was said", () => {
  const rows = new KeptRows(3, () => 2);
  rows.push(Int32Array.of(2, 0), Float32Array.of(5, 6));
  rows.push(Int32Array.of(), Float32Array.of());
  rows.push(Int32Array.of(1), Float32Array.of(7));
  const matrix = rows.finish();
  expect([...matrix.starts]).toEqual([0, 2, 2, 3]);
  expect([...matrix.columns]).toEqual([2, 0, 1]);
  expect([...matrix.values]).toEqual([5, 6, 7]);
});
