import { expect, test } from "vitest";
import { float32, int32 } from "#tensor";
import { addRow, sparseFromArrays, sparseToArrays } from "./sparse.ts";

// [[0, 2, 0], [0, 0, 0], [5, 0, 7]]
const matrix = {
  starts: Int32Array.of(0, 1, 1, 3),
  columns: Int32Array.of(1, 0, 2),
  values: Float32Array.of(2, 5, 7),
};

test("a weighted row is added where its columns are", () => {
  const out = new Float32Array(6).fill(1);
  addRow(matrix, 2, 10, out, 3);
  addRow(matrix, 1, 10, out, 3); // an empty row
  expect([...out]).toEqual([1, 1, 1, 1 + 50, 1, 1 + 70]);
});

test("a matrix survives its arrays", () => {
  expect(sparseFromArrays(sparseToArrays(matrix), "transitions")).toEqual(matrix);
});

test("a missing or mistyped array is named", () => {
  const whole = sparseToArrays(matrix);
  const { starts: _starts, ...without } = whole;
  expect(() => sparseFromArrays(without, "transitions")).toThrowErrorMatchingInlineSnapshot(
    `[CheckpointError: transitions: the saved array "starts" (int32) is missing or of another type. The artifact is damaged or belongs to another model; train again.]`,
  );
  expect(() => sparseFromArrays({ ...whole, columns: float32([1], [1]) }, "transitions")).toThrow(
    /"columns" \(int32\)/,
  );
  expect(() => sparseFromArrays({ ...whole, values: int32([1], [1]) }, "transitions")).toThrow(/"values" \(float32\)/);
});
