import { expect, test } from "vitest";
import { Symmetric } from "./symmetric.ts";

/** A[r, c] = 10 min + max of the two, whichever side of the diagonal is asked for. */
const value = (row: number, column: number) => 10 * Math.min(row, column) + Math.max(row, column);

test.each([1, 2, 3, 5, 8])("columns come whole out of the lower triangle, in blocks of %i of 5", (block) => {
  const matrix = new Symmetric(5, block);
  for (let row = 0; row < 5; row++) {
    const stored = matrix.row(row);
    for (let column = 0; column < stored.length; column++) stored[column] = value(row, column);
  }
  const seen: number[] = [];
  matrix.panels.forEach((_, panel) => {
    const width = matrix.end(panel) - matrix.start(panel);
    const out = new Float64Array(5 * width);
    matrix.columns(panel, out);
    for (let column = 0; column < width; column++) {
      seen.push(matrix.start(panel) + column);
      for (let row = 0; row < 5; row++) {
        expect(out[row * width + column]).toBe(value(row, matrix.start(panel) + column));
      }
    }
  });
  expect(seen).toEqual([0, 1, 2, 3, 4]);
});

test("its size in bytes is that of its panels", () => {
  for (const [size, block] of [
    [5, 2],
    [6, 2],
    [7, 10],
    [0, 3],
  ]) {
    const held = new Symmetric(size, block).panels.reduce((bytes, panel) => bytes + panel.byteLength, 0);
    expect(Symmetric.bytes(size, block)).toBe(held);
  }
  expect(Symmetric.bytes(5, 2)).toBe(8 * (2 * 2 + 2 * 4 + 1 * 5));
});
