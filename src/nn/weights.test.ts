import { expect, test } from "vitest";
import { Key } from "#random";
import { float32, int32 } from "#tensor";
import { computed } from "../../test/suites/computed.ts";
import { Embedding, filled, Linear, normal, uniform, Weights } from "./index.ts";

class Small {
  readonly items: Embedding;
  readonly head: Linear;
  constructor(weights: Weights) {
    this.items = new Embedding(weights.at("items"), 10, 4);
    this.head = new Linear(weights.at("head"), 4, 2);
  }
}

class Larger extends Small {
  readonly middle: Linear;
  constructor(weights: Weights) {
    super(weights);
    this.middle = new Linear(weights.at("blocks").at(0), 4, 4);
  }
}

test("addresses are paths, and a layer more does not shift its neighbours' numbers", () => {
  const [small, larger] = [Weights.draw(Key.of(1)), Weights.draw(Key.of(1))];
  new Small(small);
  new Larger(larger);
  expect(Object.keys(larger.arrays)).toEqual([
    "items.weight",
    "head.weight",
    "head.bias",
    "blocks.0.weight",
    "blocks.0.bias",
  ]);
  for (const [address, array] of Object.entries(small.arrays)) expect(larger.arrays[address]).toEqual(array);
});

test("the same seed draws the same weights, another seed others", () => {
  const drawn = (seed: number) => {
    const weights = Weights.draw(Key.of(seed));
    new Small(weights);
    return weights.arrays;
  };
  expect(drawn(1)).toEqual(drawn(1));
  expect(drawn(1)["items.weight"]).not.toEqual(drawn(2)["items.weight"]);
});

test("reading is drawing: a model over read arrays is the model they were drawn for", async () => {
  const weights = Weights.draw(Key.of(1));
  const drawn = new Small(weights);
  const again = Weights.read(weights.arrays);
  const read = new Small(again);
  expect(Object.keys(again.arrays)).toEqual(Object.keys(weights.arrays));
  expect(again.arrays["items.weight"].data).toBe(weights.arrays["items.weight"].data); // read, not copied
  const inputs = { indices: int32([1, 9, 3], [3]) };
  const answer = (model: Small, parameters: Weights) =>
    computed((x) => model.head.forward(model.items.forward(x.indices)), { inputs, parameters: parameters.arrays });
  expect((await answer(read, again)).data).toEqual((await answer(drawn, weights)).data);
});

test("one address is one parameter, however often it is asked for", () => {
  const weights = Weights.draw(Key.of(1));
  const [first, second] = [new Embedding(weights.at("items"), 3, 2), new Embedding(weights.at("items"), 3, 2)];
  expect(second.weight).toBe(first.weight);
});

test("a missing weight and one of another shape are named by address", () => {
  const missing = () => new Small(Weights.read({ "items.weight": float32(new Float32Array(40), [10, 4]) }));
  expect(missing).toThrowErrorMatchingInlineSnapshot(
    `[CheckpointError: checkpoint: weight "head.weight" is missing; expected shape [2, 4].]`,
  );
  const other = () =>
    new Small(Weights.read({ "items.weight": float32(new Float32Array(44), [11, 4]) }, "model.safetensors"));
  expect(other).toThrowErrorMatchingInlineSnapshot(
    `[CheckpointError: model.safetensors: weight "items.weight" has shape [11, 4]; this configuration expects [10, 4].]`,
  );
});

test("inits: one value, an even range, a bell", () => {
  const drawn = (init: ReturnType<typeof filled>) => {
    const data = new Float32Array(10_000);
    init(Key.of(1), data, [10_000]);
    const mean = data.reduce((sum, value) => sum + value, 0) / data.length;
    return {
      data,
      mean,
      deviation: Math.sqrt(data.reduce((sum, value) => sum + (value - mean) ** 2, 0) / data.length),
    };
  };
  expect(new Set(drawn(filled(0.5)).data)).toEqual(new Set([0.5]));
  const even = drawn(uniform(2));
  expect(Math.max(...even.data.map(Math.abs))).toBeLessThanOrEqual(2);
  expect(Math.abs(even.mean)).toBeLessThan((4 * 2) / Math.sqrt(3 * 10_000));
  expect(even.deviation).toBeCloseTo(2 / Math.sqrt(3), 1);
  const bell = drawn(normal(0.02));
  expect(Math.abs(bell.mean)).toBeLessThan((4 * 0.02) / 100);
  expect(Math.abs(bell.deviation / 0.02 - 1)).toBeLessThan(4 / Math.sqrt(2 * 10_000));
});
