import { expect, test } from "vitest";
import { Key, TracedKey } from "#random";
import { float32, type NdArray } from "#tensor";
import { numbers } from "../../test/suites/central-differences.ts";
import { computed } from "../../test/suites/computed.ts";
import { FeedForward, Weights } from "./index.ts";

const weights = Weights.draw(Key.of(1));
const layer = new FeedForward(weights, 3, { hidden: 5, dropout: 0.5, activation: (x) => x.relu() });
const x = float32([1, -2, 0.5, 3, 0, -1], [2, 3]);

/** W x + b of one row. */
function mapped(row: readonly number[], weight: NdArray, bias: NdArray): number[] {
  const matrix = numbers(weight);
  return numbers(bias).map((b, out) => row.reduce((sum, value, at) => sum + value * matrix[out * row.length + at], b));
}

test("it is two linear maps with the activation between", async () => {
  const { data } = await computed((given) => layer.forward(given.x), { inputs: { x }, parameters: weights.arrays });
  const { arrays } = weights;
  const expected = [
    [1, -2, 0.5],
    [3, 0, -1],
  ].flatMap((row) => {
    const hidden = mapped(row, arrays["up.weight"], arrays["up.bias"]).map((value) => Math.max(0, value));
    return mapped(hidden, arrays["down.weight"], arrays["down.bias"]);
  });
  expected.forEach((value, at) => {
    expect(data[at]).toBeCloseTo(value, 5);
  });
});

test("dropout falls on the hidden width, only with a key", async () => {
  const given = { inputs: { x }, parameters: weights.arrays };
  const off = await computed((traced) => layer.forward(traced.x), given);
  const on = await computed((traced) => layer.forward(traced.x, TracedKey.root()), { ...given, key: Key.of(1) });
  const again = await computed((traced) => layer.forward(traced.x, TracedKey.root()), { ...given, key: Key.of(1) });
  expect(on.data).not.toEqual(off.data);
  expect(again.data).toEqual(on.data);
});
