import { expect, test } from "vitest";
import { fillNormal, Key } from "#random";
import { float32, type NdArray } from "#tensor";
import { adam, chain, clipGlobalNorm, type Gradient } from "./index.ts";

/** Weights from -1 to 1 and gradients sin(1.3 i + 0.7 step) (i + 1) / 7: what PyTorch was given too. */
const seven = () =>
  float32(
    Array.from({ length: 7 }, (_, i) => -1 + i / 3),
    [7],
  );
const slopes = (step: number): Gradient => ({
  dense: Float32Array.from({ length: 7 }, (_, i) => (Math.sin(1.3 * i + 0.7 * step) * (i + 1)) / 7),
});

function trained(optimizer: ReturnType<typeof adam>, steps: number) {
  const parameters = { w: seven() };
  const state = optimizer.init(parameters);
  let figures: Readonly<Record<string, number>> = {};
  for (let step = 1; step <= steps; step++) figures = optimizer.update(parameters, { w: slopes(step) }, state, step);
  return { weights: parameters.w.data, figures };
}

function expectNear(actual: ArrayLike<number>, expected: readonly number[], within = 2e-7) {
  expect(actual.length).toBe(expected.length);
  expected.forEach((value, at) => {
    expect(Math.abs(actual[at] - value), `element ${at}: ${actual[at]} against ${value}`).toBeLessThan(within);
  });
}

// The expected weights of the next three tests are those of torch 2.15.0, float32: torch.optim.Adam / AdamW on one
// parameter of 7 elements, weights and gradients as above, printed after steps 1, 2 and 20.
test("Adam is PyTorch's Adam", () => {
  const optimizer = () => adam({ rate: 0.01, betas: [0.9, 0.98] });
  expectNear(
    trained(optimizer(), 1).weights,
    [-1.00999999, -0.67666668, -0.32333335, 0.01, 0.34333333, 0.6566667, 0.99000001],
  );
  expectNear(
    trained(optimizer(), 2).weights,
    [-1.01987565, -0.6859253, -0.31471959, 0.0199236, 0.34371525, 0.64668316, 0.9815098],
  );
  expectNear(
    trained(optimizer(), 20).weights,
    [-1.04938579, -0.68108386, -0.27969855, 0.03247371, 0.3134369, 0.62111944, 0.99438071],
    1e-6,
  );
});

test("with weight decay it is PyTorch's AdamW", () => {
  const optimizer = adam({ rate: 0.01, weightDecay: 0.1 });
  expectNear(
    trained(optimizer, 20).weights,
    [-1.02872777, -0.66754079, -0.27384469, 0.03184003, 0.30696306, 0.6087364, 0.97477895],
    1e-6,
  );
});

test("clipped to a norm of 0.5 it is PyTorch's clip_grad_norm_ and AdamW", () => {
  const { weights, figures } = trained(chain(clipGlobalNorm(0.5), adam({ rate: 0.01, weightDecay: 0.1 })), 20);
  expect(figures.gradientNorm).toBeCloseTo(1.08918977, 6); // of step 20, before clipping
  expect(figures.rate).toBe(0.01);
  expectNear(weights, [-1.02847314, -0.66817915, -0.27479169, 0.03312264, 0.30613944, 0.60843837, 0.97480011], 1e-6);
});

test("20 steps of AdamW are those of the formulas in plain numbers", () => {
  const [rate, beta1, beta2, epsilon, decay] = [0.003, 0.8, 0.95, 1e-3, 0.2];
  const optimizer = adam({ rate: (step) => rate / step, betas: [beta1, beta2], epsilon, weightDecay: decay });
  const parameters = { a: drawn("a", [3, 5]), b: drawn("b", [2]), c: drawn("c", []) }; // 15, 2, 1: with and without a rest of 4
  const twin = Object.fromEntries(
    Object.entries(parameters).map(([address, { data }]) => [address, Array.from(data, (w) => ({ w, m: 0, v: 0 }))]),
  );
  const state = optimizer.init(parameters);
  for (let t = 1; t <= 20; t++) {
    const gradients: Record<string, Gradient> = {};
    for (const [address, { shape }] of Object.entries(parameters)) {
      const dense = drawn(`${address} ${t}`, shape).data;
      gradients[address] = { dense };
      twin[address].forEach((element, at) => {
        const g = dense[at];
        element.m = beta1 * element.m + (1 - beta1) * g;
        element.v = beta2 * element.v + (1 - beta2) * g * g;
        const [m, v] = [element.m / (1 - beta1 ** t), element.v / (1 - beta2 ** t)];
        element.w = (1 - (rate / t) * decay) * element.w - ((rate / t) * m) / (Math.sqrt(v) + epsilon);
      });
    }
    expect(optimizer.update(parameters, gradients, state, t)).toEqual({ rate: rate / t });
    for (const [address, { data }] of Object.entries(parameters)) {
      expectNear(
        data,
        twin[address].map(({ w }) => w),
        1e-6,
      );
      expectNear(
        state[`first/${address}`].data as Float32Array,
        twin[address].map(({ m }) => m),
        1e-6,
      );
      expectNear(
        state[`second/${address}`].data as Float32Array,
        twin[address].map(({ v }) => v),
        1e-6,
      );
    }
  }
});

/** Steps over a table [5, 2] that read rows 1 3 3, then 0 3 1, then 4 4 4. */
const READS = [
  [1, 3, 3],
  [0, 3, 1],
  [4, 4, 4],
];

function trainedTable(
  options: { touchedOnly?: () => boolean; weightDecay?: number },
  parts: "rows" | "dense" | "both",
) {
  const table = float32(
    Array.from({ length: 10 }, (_, at) => -1 + (2 * at) / 9),
    [5, 2],
  );
  const optimizer = adam({ rate: 0.01, ...options });
  const state = optimizer.init({ table });
  const values = Float32Array.of(1, -2, 0.5, 0.25, -1, 3);
  READS.forEach((indices, at) => {
    const rows = { indices: Int32Array.from(indices), values };
    const dense = new Float32Array(10);
    // Of "both", the dense half holds the first row and the row part the other two.
    const inDense = parts === "rows" ? 0 : parts === "dense" ? 3 : 1;
    for (let row = 0; row < inDense; row++)
      for (let column = 0; column < 2; column++) dense[indices[row] * 2 + column] += values[row * 2 + column];
    const rest = { indices: rows.indices.subarray(inDense), values: values.subarray(inDense * 2) };
    const gradient = parts === "rows" ? { rows: [rows] } : { dense, rows: [rest] };
    optimizer.update({ table }, { table: gradient }, state, at + 1);
  });
  return table.data;
}

test("row gradients take every row's step: PyTorch's Adam over a dense embedding", () => {
  // torch 2.15.0: nn.Embedding(5, 2), Adam(lr=0.01), the three reads above, loss = sum(embedding * values).
  const expected = [
    -1.01319361, -0.76458424, -0.5646224, -0.32772508, -0.1111111, 0.1111111, 0.34240016, 0.53269804, 0.77138966,
    0.99361187,
  ];
  expectNear(trainedTable({}, "rows"), expected);
  expectNear(trainedTable({}, "dense"), expected);
  expectNear(trainedTable({}, "both"), expected);
});

test("a table of touched rows leaves rows alone, decay included, in steps that did not read them", () => {
  const table = trainedTable({ touchedOnly: () => true, weightDecay: 0.5 }, "rows");
  const start = Array.from({ length: 10 }, (_, at) => -1 + (2 * at) / 9);
  expectNear(table.subarray(4, 6), start.slice(4, 6), 1e-9 + 2e-8); // row 2 was never read
  // Row 4 was read in step 3 only, with the sum of three rows: g = (0.5, 1.25), m̂ = 0.1 g / (1 - 0.9³), v̂ = 0.001 g² / (1 - 0.999³).
  [0.5, 1.25].forEach((g, column) => {
    const step = (0.01 * ((0.1 * g) / (1 - 0.9 ** 3))) / (Math.sqrt((0.001 * g * g) / (1 - 0.999 ** 3)) + 1e-8);
    expect(table[8 + column]).toBeCloseTo(start[8 + column] * (1 - 0.01 * 0.5) - step, 6);
  });
});

test("a table whose every row is read takes the same steps touched or not", () => {
  const all = { indices: Int32Array.of(4, 3, 2, 1, 0), values: drawn("all", [5, 2]).data };
  const [first, second] = [drawn("table", [5, 2]), drawn("table", [5, 2])];
  const [sparse, dense] = [adam({ rate: 0.1, touchedOnly: () => true }), adam({ rate: 0.1 })];
  const [sparseState, denseState] = [sparse.init({ table: first }), dense.init({ table: second })];
  for (let step = 1; step <= 3; step++) {
    sparse.update({ table: first }, { table: { rows: [all] } }, sparseState, step);
    dense.update({ table: second }, { table: { rows: [all] } }, denseState, step);
  }
  expectNear(first.data, Array.from(second.data), 1e-6);
});

test("weights decay only where they are told to", () => {
  const parameters = { "a.weight": float32([1], [1]), "a.bias": float32([1], [1]) };
  const optimizer = adam({ rate: 0.1, weightDecay: 0.5, decays: (address) => address.endsWith(".weight") });
  const none = () => ({ dense: new Float32Array(1) });
  optimizer.update(parameters, { "a.weight": none(), "a.bias": none() }, optimizer.init(parameters), 1);
  expect(parameters["a.weight"].data[0]).toBeCloseTo(0.95, 6); // 1 - 0.1 · 0.5
  expect(parameters["a.bias"].data[0]).toBe(1);
});

test("moments of rows that nothing touches any more never become subnormal", () => {
  const parameters = { w: float32([1], [1]) };
  const optimizer = adam({ rate: 1e-3, betas: [0.5, 0.6] });
  const state = optimizer.init(parameters);
  for (let step = 1; step <= 400; step++) {
    optimizer.update(parameters, { w: { dense: Float32Array.of(step === 1 ? 1 : 0) } }, state, step);
    for (const name of ["first/w", "second/w"]) {
      const moment = Number(state[name].data[0]);
      expect(moment === 0 || moment > 1.2e-38).toBe(true);
    }
  }
  expect(state["first/w"].data[0]).toBeLessThan(1e-35); // halved 399 times it would be 7e-121
});

test("a parameter without a gradient is left alone, and a gradient without a state is our own bug", () => {
  const parameters = { w: seven(), idle: seven() };
  const optimizer = adam({ rate: 0.1, weightDecay: 0.1 });
  const state = optimizer.init(parameters);
  optimizer.update(parameters, { w: slopes(1) }, state, 1);
  expect(parameters.idle).toEqual(seven());
  expect(() => optimizer.update(parameters, { w: slopes(1) }, {}, 1)).toThrowErrorMatchingInlineSnapshot(
    `[Error: internal: adam keeps no float32 array "first/w"; was init given this parameter?]`,
  );
  expect(() => optimizer.update({}, { w: slopes(1) }, state, 1)).toThrowErrorMatchingInlineSnapshot(
    `[Error: internal: "w" has a gradient and no float32 array]`,
  );
});

function drawn(name: string, shape: readonly number[]): NdArray<Float32Array> {
  const data = new Float32Array(shape.reduce((size, dim) => size * dim, 1));
  fillNormal(Key.of(1).fold("adam test").fold(name), data);
  return float32(data, shape);
}
