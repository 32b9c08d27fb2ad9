import { expect, test } from "vitest";
import { Key } from "#random";
import { float32 } from "#tensor";
import { numbers } from "../../test/suites/central-differences.ts";
import { computed } from "../../test/suites/computed.ts";
import { filled, Linear, Weights } from "./index.ts";

const x = float32([1, 2, -3, 0.5, 4, 0], [2, 3]);

test("y = x Wᵀ + b, row by row, with any axes before the last", async () => {
  const weights = Weights.draw(Key.of(1));
  const linear = new Linear(weights, 3, 2);
  const [w, b] = [weights.arrays.weight.data as Float32Array, weights.arrays.bias.data as Float32Array];
  const expected: number[] = [];
  for (let row = 0; row < 2; row++)
    for (let out = 0; out < 2; out++)
      expected.push(b[out] + [0, 1, 2].reduce((sum, at) => sum + x.data[row * 3 + at] * w[out * 3 + at], 0));

  const flat = await computed((given) => linear.forward(given.x), { inputs: { x }, parameters: weights.arrays });
  expect(flat.shape).toEqual([2, 2]);
  expected.forEach((value, at) => {
    expect(flat.data[at]).toBeCloseTo(value, 5);
  });
  const deep = { inputs: { x: float32(x.data, [1, 2, 1, 3]) }, parameters: weights.arrays };
  const folded = await computed((given) => linear.forward(given.x), deep);
  expect(folded.shape).toEqual([1, 2, 1, 2]);
  expect(folded.data).toEqual(flat.data);
});

test("without a bias there is none, and weights start within 1/√I", async () => {
  const weights = Weights.draw(Key.of(2));
  new Linear(weights, 16, 64, { bias: false });
  expect(Object.keys(weights.arrays)).toEqual(["weight"]);
  const largest = Math.max(...numbers(weights.arrays.weight).map(Math.abs));
  expect(largest).toBeLessThanOrEqual(0.25);
  expect(largest).toBeGreaterThan(0.24); // of 1,024 uniform draws
});

test("an init of one's own is used for the weight, and the bias then starts at 0", () => {
  const weights = Weights.draw(Key.of(3));
  new Linear(weights, 2, 1, { init: filled(7) });
  expect(numbers(weights.arrays.weight)).toEqual([7, 7]);
  expect(numbers(weights.arrays.bias)).toEqual([0]);
});
