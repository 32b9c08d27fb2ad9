import { expect, test } from "vitest";
import { Key } from "#random";
import { type Arrays, compilations, compile, float32, gradients } from "#tensor";
import { computed } from "../../test/suites/computed.ts";
import { normals } from "../../test/suites/examples.ts";
import { Gru, Weights } from "./index.ts";

const [B, T, D, H] = [2, 4, 3, 2];
const weights = Weights.draw(Key.of(1));
const layer = new Gru(weights, D, H);
const x = normals([B, T, D], "gru");

/** PyTorch's equations, step by step. */
function twin(rows: Float32Array, arrays: Arrays): number[] {
  const read = (address: string) => Array.from(arrays[address].data, Number);
  const [wi, bi] = [read("input.weight"), read("input.bias")];
  const [wh, bh] = [read("recurrent.weight"), read("recurrent.bias")];
  const sigmoid = (value: number) => 1 / (1 + Math.exp(-value));
  const states: number[] = [];
  for (let batch = 0; batch < B; batch++) {
    let h = new Array<number>(H).fill(0);
    for (let t = 0; t < T; t++) {
      const from = (row: number) =>
        Array.from({ length: D }, (_, d) => wi[row * D + d] * rows[(batch * T + t) * D + d]).reduce(
          (a, b) => a + b,
          bi[row],
        );
      const before = h;
      const past = (row: number) => before.reduce((sum, value, k) => sum + wh[row * H + k] * value, bh[row]);
      h = before.map((old, k) => {
        const reset = sigmoid(from(k) + past(k));
        const update = sigmoid(from(H + k) + past(H + k));
        const candidate = Math.tanh(from(2 * H + k) + reset * past(2 * H + k));
        return (1 - update) * candidate + update * old;
      });
      states.push(...h);
    }
  }
  return states;
}

test.each([1, 2])("states are those of PyTorch's equations, at %d threads", async (threads) => {
  const states = await computed((given) => layer.forward(given.x), {
    inputs: { x },
    parameters: weights.arrays,
    threads,
  });
  expect(states.shape).toEqual([B, T, H]);
  twin(x.data, weights.arrays).forEach((value, at) => {
    expect(states.data[at]).toBeCloseTo(value, 5);
  });
});

// All weights 1, biases 0, one step: r = z = σ(x), n = tanh(x + r · 0), h = (1 - σ(x)) tanh(x); x = 1 gives .2689 · .7616.
test("one step of ones, worked by hand", async () => {
  const ones = Weights.draw(Key.of(1));
  const unit = new Gru(ones, 1, 1);
  // Weights are drawn as float32.
  for (const [address, { data }] of Object.entries(ones.arrays))
    (data as Float32Array).fill(address.endsWith("bias") ? 0 : 1);
  const { data } = await computed((given) => unit.forward(given.x), {
    inputs: { x: float32([1], [1, 1, 1]) },
    parameters: ones.arrays,
  });
  expect(data[0]).toBeCloseTo(0.20482, 4);
});

test("later steps change nothing before them, to the last bit", async () => {
  const run = (given: Float32Array) =>
    computed((inputs) => layer.forward(inputs.x), {
      inputs: { x: float32(given, [B, T, D]) },
      parameters: weights.arrays,
    });
  const changed = x.data.slice();
  for (let batch = 0; batch < B; batch++) changed.fill(5, (batch * T + 3) * D, (batch * T + 4) * D);
  const [before, after] = [await run(x.data), await run(changed)];
  for (let batch = 0; batch < B; batch++) {
    const early = [batch * T * H, (batch * T + 3) * H] as const;
    expect(after.data.slice(...early)).toEqual(before.data.slice(...early));
  }
  expect(after.data).not.toEqual(before.data);
});

test("one session reads histories of every length, and its graph is as long for 50 steps as for 2", async () => {
  const runtime = { device: "cpu", threads: 1 } as const;
  const any = compile("any length", (given) => ({ states: layer.forward(given.x) }), {
    runtime,
    parameters: weights.arrays,
    axes: { x: ["B", "T", null] },
  });
  const before = compilations();
  const { states } = await any.run({ x });
  twin(x.data, weights.arrays).forEach((value, at) => {
    expect(states.data[at]).toBeCloseTo(value, 5);
  });
  expect((await any.run({ x: normals([5, 9, D], "longer") })).states.shape).toEqual([5, 9, H]);
  expect(compilations() - before).toBe(1);
  await any[Symbol.asyncDispose]();

  const leaves = Object.values(weights.parameters);
  const step = compile(
    "step",
    (given) =>
      Object.fromEntries(gradients(layer.forward(given.x).sum(), leaves).map((slope, at) => [`d${at}`, slope])),
    { runtime, parameters: weights.arrays },
  );
  const linesOf = (length: number) => step.print({ x: normals([B, length, D], "lines") }).split("\n").length;
  expect(linesOf(50)).toBe(linesOf(2));
});
