import { expect, test } from "vitest";
import { Key, Stream } from "#random";
import { evenedAxes } from "./principal-axes.ts";

const DIM = 4;
const stream = new Stream(Key.of(4).fold("axes"));
/** 200 vectors around (5, 0, 0, 0), long along the second axis, short along the last; rows 0 and 3 are nothing. */
const rows = Array.from({ length: 200 }, (_, row) =>
  row === 0 || row === 3
    ? [0, 0, 0, 0]
    : [5, 4, 1, 0.2].map((size, k) => (k === 0 ? size : 0) + size * (stream.uniform() - 0.5)),
);
const table = { data: Float32Array.from(rows.flat()), dim: DIM };

/** Every row as plain numbers, without those that are nothing. */
function present(data: Float32Array): number[][] {
  const all = Array.from({ length: data.length / DIM }, (_, row) => [...data.subarray(row * DIM, (row + 1) * DIM)]);
  return all.filter((row) => row.some((value) => value !== 0));
}

test("rows of zeros stay zeros, all others have length 1", () => {
  const { data } = evenedAxes(table, 0.25);
  expect([...data.subarray(0, DIM), ...data.subarray(3 * DIM, 4 * DIM)]).toEqual(Array(2 * DIM).fill(0));
  expect(present(data).length).toBe(198);
  for (const row of present(data)) expect(Math.hypot(...row)).toBeCloseTo(1, 6);
});

test("power 0 centres and turns: cosines are those of the centred vectors", () => {
  const before = present(table.data);
  const mean = before[0].map((_, k) => before.reduce((sum, row) => sum + row[k], 0) / before.length);
  const centred = before.map((row) => row.map((value, k) => value - mean[k]));
  const after = present(evenedAxes(table, 0).data);
  for (let a = 0; a < 20; a++) {
    for (let b = 0; b < 20; b++) {
      const inner = centred[a].reduce((sum, value, k) => sum + value * centred[b][k], 0);
      const cosine = inner / (Math.hypot(...centred[a]) * Math.hypot(...centred[b]));
      expect(after[a].reduce((sum, value, k) => sum + value * after[b][k], 0)).toBeCloseTo(cosine, 5);
    }
  }
});

test("a greater power evens the axes' shares", () => {
  const shares = [0, 0.25, 0.5].map((power) => {
    const squares = [0, 0, 0, 0];
    for (const row of present(evenedAxes(table, power).data)) {
      for (const [k, value] of row.entries()) squares[k] += value ** 2;
    }
    return Math.max(...squares) / Math.min(...squares);
  });
  expect(shares[0]).toBeGreaterThan(3 * shares[1]);
  expect(shares[1]).toBeGreaterThan(3 * shares[2]);
  expect(shares[2]).toBeLessThan(2.5); // nearly white: the lengths made 1 pull the short axes up or down a little
});
