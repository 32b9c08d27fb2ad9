import { expect, test } from "vitest";
import { fillNormal, Key } from "#random";
import { type Arrays, bool, compile, constant, float32, gradients, int32, type NdArray, type Tensor } from "#tensor";
import { computed } from "../../test/suites/computed.ts";
import { Attention, causalMask, causalMaskOf, LOWEST, paddingMask, Weights } from "./index.ts";

const [B, T, D, H] = [2, 3, 4, 2];
const weights = Weights.draw(Key.of(1));
const attention = new Attention(weights, D, { heads: H, dropout: 0 });
const x = normals("x");

function normals(name: string): NdArray<Float32Array> {
  const data = new Float32Array(B * T * D);
  fillNormal(Key.of(2).fold(name), data);
  return float32(data, [B, T, D]);
}

/** softmax(Q Kᵀ / √(D/H)) V head by head over the positions that `sees` allows, written as loops. */
function twin(
  rows: Float32Array,
  arrays: Arrays,
  sees: (batch: number, from: number, to: number) => boolean,
): number[] {
  const read = (address: string) => Array.from(arrays[address].data, Number);
  const [ow, ob] = [read("output.weight"), read("output.bias")];
  // Queries, keys and values one below the other: row `out` of 3 D.
  const w = ["query", "key", "value"].flatMap((part) => read(`${part}.weight`));
  const b = ["query", "key", "value"].flatMap((part) => read(`${part}.bias`));
  const width = D / H;
  const projected = (batch: number, position: number, out: number) => {
    let sum = b[out];
    for (let d = 0; d < D; d++) sum += rows[(batch * T + position) * D + d] * w[out * D + d];
    return sum;
  };
  const output: number[] = [];
  for (let batch = 0; batch < B; batch++) {
    for (let from = 0; from < T; from++) {
      const joined: number[] = [];
      for (let head = 0; head < H; head++) {
        const powers = Array.from({ length: T }, (_, to) => {
          if (!sees(batch, from, to)) return 0;
          let product = 0;
          for (let d = 0; d < width; d++)
            product += projected(batch, from, head * width + d) * projected(batch, to, D + head * width + d);
          return Math.exp(product / Math.sqrt(width));
        });
        const total = powers.reduce((sum, power) => sum + power, 0);
        for (let d = 0; d < width; d++)
          joined.push(
            powers.reduce(
              (sum, power, to) => sum + (power / total) * projected(batch, to, 2 * D + head * width + d),
              0,
            ),
          );
      }
      for (let out = 0; out < D; out++)
        output.push(joined.reduce((sum, value, d) => sum + value * ow[out * D + d], ob[out]));
    }
  }
  return output;
}

const attend = (mask: (x: Readonly<Record<string, Tensor>>) => Tensor, inputs: Arrays = { x }) =>
  computed((given) => attention.forward(given.x, mask(given)), { inputs, parameters: weights.arrays });

function expectNear(actual: NdArray, expected: readonly number[]) {
  expect(actual.data.length).toBe(expected.length);
  expected.forEach((value, at) => {
    expect(actual.data[at]).toBeCloseTo(value, 5);
  });
}

test("everything visible: plain multi-head attention", async () => {
  const open = await attend(() => constant(0));
  expect(open.shape).toEqual([B, T, D]);
  expectNear(
    open,
    twin(x.data, weights.arrays, () => true),
  );
});

test("under the causal mask a position sees itself and what came before, known length or not", async () => {
  const expected = twin(x.data, weights.arrays, (_, from, to) => to <= from);
  expectNear(await attend(() => causalMask(T)), expected);
  const positions = constant(int32([0, 1, 2], [T]));
  expectNear(await attend(() => causalMaskOf(positions)), expected);
});

test("what comes later changes nothing before it, to the last bit", async () => {
  const before = await attend(() => causalMask(T));
  const changed = x.data.slice();
  for (let batch = 0; batch < B; batch++) changed.fill(9, (batch * T + 2) * D, (batch * T + 3) * D);
  const after = await attend(() => causalMask(T), { x: float32(changed, [B, T, D]) });
  for (let batch = 0; batch < B; batch++) {
    const early = [batch * T * D, (batch * T + 2) * D] as const;
    expect(after.data.slice(...early)).toEqual(before.data.slice(...early));
  }
  expect(after.data).not.toEqual(before.data);
});

test("padding is not seen, with the causal mask or without", async () => {
  const visible = bool([1, 1, 0, 0, 1, 1], [B, T]); // the first row ends early, the second begins late
  const sees = (batch: number, to: number) => visible.data[batch * T + to] === 1;
  const padded = await attend((given) => paddingMask(given.visible), { x, visible });
  expectNear(
    padded,
    twin(x.data, weights.arrays, (batch, _, to) => sees(batch, to)),
  );

  const both = await attend((given) => paddingMask(given.visible).add(causalMask(T)), { x, visible });
  const expected = twin(x.data, weights.arrays, (batch, from, to) => sees(batch, to) && to <= from);
  expected.forEach((value, at) => {
    if (!Number.isNaN(value)) expect(both.data[at]).toBeCloseTo(value, 5);
  });
  expect(expected.filter(Number.isNaN).length).toBe(D); // position 0 of the second row sees nothing
});

test("a row of nothing but padding gives numbers, and numbers for gradients", async () => {
  const visible = bool([0, 0, 0, 1, 1, 1], [B, T]);
  const leaves = Object.values(weights.parameters);
  await using compiled = compile(
    "padded",
    (given) => {
      const y = attention.forward(given.x, paddingMask(given.visible).add(causalMask(T)));
      const slopes = gradients(y.mul(y).sum(), [given.x, ...leaves]);
      return { y, ...Object.fromEntries(slopes.map((slope, at) => [`slope${at}`, slope])) };
    },
    { runtime: { device: "cpu", threads: 1 }, parameters: weights.arrays },
  );
  const results: Arrays = await compiled.run({ x, visible });
  expect(Object.keys(results).length).toBe(2 + leaves.length);
  for (const { data } of Object.values(results)) expect(Array.from(data, Number).every(Number.isFinite)).toBe(true);
  expectNear(
    float32((results.y.data as Float32Array).slice(T * D), [T, D]),
    twin(x.data, weights.arrays, (_, from, to) => to <= from).slice(T * D),
  );
});

test("masked weights are exactly 0", async () => {
  const scores = float32([5, -3, 2], [1, 3]);
  const { data } = await computed(
    ({ scores: given }) => given.add(constant(float32([0, LOWEST, 0], [1, 3]))).softmax(),
    {
      inputs: { scores },
    },
  );
  expect(data[1]).toBe(0);
});

test("heads that do not divide the width are our own bug", () => {
  expect(() => new Attention(Weights.draw(Key.of(1)), 6, { heads: 4, dropout: 0 })).toThrowErrorMatchingInlineSnapshot(
    `[Error: internal: width 6 does not divide into 4 heads]`,
  );
});
