/**
 * Graphs put together by chance, forward and backward: float32 with every optimisation and fused kernel of ONNX Runtime
 * against float64 with none. What a single primitive's examples cannot show: two that are fused wrongly.
 */
import { expect, test } from "vitest";
import { Key, Stream } from "#random";
import { compile, concat, gradients, type NdArray, type Tensor } from "#tensor";
import { numbers, worstDifference } from "./suites/central-differences.ts";
import { normals } from "./suites/examples.ts";

type Traced = Readonly<Record<string, Tensor>>;

/** Steps from matrices to a matrix; among them the patterns that ONNX Runtime replaces (GELU, QuickGelu, norms). */
const STEPS: readonly ((x: Tensor, y: Tensor) => Tensor)[] = [
  (x, y) => x.add(y),
  (x, y) => x.mul(y),
  (x, y) => x.sub(y).abs(),
  (x, y) => x.where(y.greater(0), 0.5),
  (x, y) => concat([x, y], 0).slice(0, 0, Number(x.shape[0])),
  (x, y) => x.matmul(y, { transposeB: true, scale: 0.3 }),
  (x, y) => x.matmul(y, { transposeA: true }),
  (x) => x.swap(0, 1),
  (x) => x.reshape([x.shape[1], x.shape[0]]),
  (x) => x.mul(x.sigmoid()),
  (x) => x.mul(0.5).mul(x.mul(Math.SQRT1_2).erf().add(1)),
  (x) => x.mul(x).mul(x).mul(0.044715).add(x).mul(0.79788456).tanh().add(1).mul(x).mul(0.5),
  (x) => x.sub(x.mean(-1, { keepDims: true })),
  (x) => x.div(x.mul(x).mean(-1, { keepDims: true }).add(1e-3).sqrt()),
  (x) => x.softmax(),
  (x) => x.logSoftmax(),
  (x) => x.gelu(),
  (x) => x.relu().add(0.1),
  (x) => x.softplus(),
  (x) => x.mul(2).add(1).exp().add(1).log(),
  (x) => x.cumsum(1),
];

/** Eight steps over whatever fits; the loss weighs every value on the way. */
function graph(seed: number): (inputs: Traced) => Readonly<Record<string, Tensor>> {
  return (inputs) => {
    const chance = new Stream(Key.of(seed));
    const values = Object.values(inputs);
    const pick = () => values[chance.below(values.length)];
    while (values.length < 11) {
      const [step, x, y] = [STEPS[chance.below(STEPS.length)], pick(), pick()];
      const fits = x.shape[0] === y.shape[0] && x.shape[1] === y.shape[1];
      values.push(step(x, fits ? y : x));
    }
    const loss = values.slice(3).reduce((sum, value) => sum.add(value.mean()), values[10].sum().mul(0.1));
    const slopes = gradients(loss, Object.values(inputs));
    return { loss, last: values[10], ...Object.fromEntries(slopes.map((slope, at) => [`slope${at}`, slope])) };
  };
}

test("100 random graphs and their gradients say in float32 what they say in float64", async () => {
  let compared = 0;
  for (let seed = 0; seed < 100; seed++) {
    const inputs = { a: normals([4, 6], seed, "a"), b: normals([4, 6], seed, "b"), c: normals([6, 4], seed, "c") };
    const runtime = { device: "cpu", threads: 1 } as const;
    await using fused = compile("fused", graph(seed), { runtime });
    await using exact = compile("exact", graph(seed), { runtime, double: true });
    const expected: Record<string, NdArray> = await exact.run(inputs);
    const found: Record<string, NdArray> = await fused.run(inputs);
    for (const [name, array] of Object.entries(expected)) {
      const size = Math.max(1, ...numbers(array).map(Math.abs));
      if (!Number.isFinite(size) || size > 1e6) continue; // exponentials of exponentials
      const scaled = (of: NdArray) => numbers(of).map((value) => value / size);
      expect(worstDifference(scaled(found[name]), scaled(array)), `${name} of seed ${seed}`).toBeLessThan(1e-5);
      compared++;
    }
  }
  expect(compared).toBeGreaterThan(400);
});
