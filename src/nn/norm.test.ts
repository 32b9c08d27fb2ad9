import { expect, test } from "vitest";
import { Key } from "#random";
import { float32 } from "#tensor";
import { numbers } from "../../test/suites/central-differences.ts";
import { computed } from "../../test/suites/computed.ts";
import { LayerNorm, RmsNorm, Weights } from "./index.ts";

test("each position gets mean 0 and variance 1, then scale and shift", async () => {
  const weights = Weights.draw(Key.of(1));
  const norm = new LayerNorm(weights, 4, 1e-3);
  (weights.arrays.scale.data as Float32Array).set([1, 2, 0.5, -1]);
  (weights.arrays.shift.data as Float32Array).set([0, 1, -1, 3]);
  const rows = [
    [1, 2, 3, 6],
    [0, 0, 0, 0],
    [-100, 100, 50, 50],
  ];
  const x = float32(rows.flat(), [3, 4]);
  const { data } = await computed((given) => norm.forward(given.x), { inputs: { x }, parameters: weights.arrays });
  rows.forEach((row, at) => {
    const mean = row.reduce((sum, value) => sum + value, 0) / 4;
    const variance = row.reduce((sum, value) => sum + (value - mean) ** 2, 0) / 4;
    row.forEach((value, column) => {
      const expected = ((value - mean) / Math.sqrt(variance + 1e-3)) * [1, 2, 0.5, -1][column] + [0, 1, -1, 3][column];
      expect(data[at * 4 + column]).toBeCloseTo(expected, 5);
    });
  });
});

test("it starts as the bare normalisation", () => {
  const weights = Weights.draw(Key.of(1));
  new LayerNorm(weights, 2);
  expect(numbers(weights.arrays.scale)).toEqual([1, 1]);
  expect(numbers(weights.arrays.shift)).toEqual([0, 0]);
});

test("RmsNorm divides by the root mean square and keeps the mean: (3, 4) has a mean square of 12.5", async () => {
  const weights = Weights.draw(Key.of(1));
  const norm = new RmsNorm(weights, 2, 0);
  (weights.arrays.scale.data as Float32Array).set([1, 2]);
  const x = float32([3, 4, -30, -40], [2, 2]);
  const { data } = await computed((given) => norm.forward(given.x), { inputs: { x }, parameters: weights.arrays });
  [3, 8, -3, -8].forEach((value, at) => {
    expect(data[at]).toBeCloseTo(value / Math.sqrt(12.5), 5);
  });
});
