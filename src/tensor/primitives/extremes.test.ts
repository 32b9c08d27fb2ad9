/** Large and small numbers: what must not overflow does not, forward and backward, in float32 and in float64. */
import { describe, expect, test } from "vitest";
import { numbers } from "../../../test/suites/central-differences.ts";
import { compile } from "../compile.ts";
import { float32, int32, type NdArray } from "../dtype.ts";
import { gradients } from "../gradients.ts";
import "./index.ts";
import type { Tensor } from "../tensor.ts";

/** The outputs of f and the slopes of their sum, at these numbers. */
async function at(values: readonly number[], f: (x: Tensor) => Tensor, double: boolean) {
  const trace = ({ x }: Readonly<Record<string, Tensor>>) => {
    const y = f(x);
    return { y, slope: gradients(y.sum(), [x])[0] };
  };
  await using compiled = compile("extreme", trace, { runtime: { device: "cpu", threads: 1 }, double });
  const { y, slope }: Record<string, NdArray> = await compiled.run({ x: float32(values, [values.length]) });
  return { y: numbers(y), slope: numbers(slope) };
}

describe.each([
  ["float32", false],
  ["float64", true],
] as const)("in %s", (_, double) => {
  test.each([
    ["sigmoid", (x: Tensor) => x.sigmoid(), [0, 0, 1, 1], [0, 0, 0, 0]],
    ["tanh", (x: Tensor) => x.tanh(), [-1, -1, 1, 1], [0, 0, 0, 0]],
    ["erf", (x: Tensor) => x.erf(), [-1, -1, 1, 1], [0, 0, 0, 0]],
    ["relu", (x: Tensor) => x.relu(), [0, 0, 100, 1e4], [0, 0, 1, 1]],
    ["softplus", (x: Tensor) => x.softplus(), [0, 0, 100, 1e4], [0, 0, 1, 1]],
    ["elu", (x: Tensor) => x.elu(), [-1, -1, 100, 1e4], [0, 0, 1, 1]],
    ["silu", (x: Tensor) => x.silu(), [0, 0, 100, 1e4], [0, 0, 1, 1]],
    ["gelu", (x: Tensor) => x.gelu(), [0, 0, 100, 1e4], [0, 0, 1, 1]],
  ] as const)("%s at -10,000, -100, 100 and 10,000", async (name, f, y, slope) => {
    const found = await at([-1e4, -100, 100, 1e4], f, double);
    found.y.forEach((value, index) => {
      expect(value, `${name} ${index}`).toBeCloseTo(y[index], 6);
    });
    found.slope.forEach((value, index) => {
      expect(value, `slope of ${name} ${index}`).toBeCloseTo(slope[index], 6);
    });
  });

  test("softmax, its logarithm and logSumExp of numbers 2,000 apart", async () => {
    const values = [1000, -1000, 999];
    const share = 1 / (1 + Math.exp(-1)); // of 1000 against 999
    const soft = await at(values, (x) => x.softmax(), double);
    [share, 0, 1 - share].forEach((value, index) => {
      expect(soft.y[index]).toBeCloseTo(value, 6);
    });
    const logarithm = await at(values, (x) => x.logSoftmax(), double);
    [Math.log(share), -2000 + Math.log(share), Math.log(1 - share)].forEach((value, index) => {
      expect(logarithm.y[index]).toBeCloseTo(value, 3); // float32 knows 2000 to 1e-4
    });
    const total = await at(values, (x) => x.logSumExp(), double);
    expect(total.y[0]).toBeCloseTo(1000 - Math.log(share), 3);
    [share, 0, 1 - share].forEach((value, index) => {
      expect(total.slope[index]).toBeCloseTo(value, 4);
    });
  });

  test("a row of which nothing is visible weighs everything alike instead of being NaN", async () => {
    const { y, slope } = await at([0.5, -0.5], (x) => x.add(-1e9).softmax(), double);
    expect(y[0]).toBeCloseTo(double ? 1 / (1 + Math.exp(-1)) : 0.5, 6); // float32 has no halves beside 1e9
    expect(y[0] + y[1]).toBeCloseTo(1, 6);
    expect(slope.every(Number.isFinite)).toBe(true);
  });

  test("cross-entropy of a target that the logits exclude is large and finite", async () => {
    const trace = ({ x, target }: Readonly<Record<string, Tensor>>) => {
      const loss = x.crossEntropy(target);
      return { loss, slope: gradients(loss.sum(), [x])[0] };
    };
    await using compiled = compile("excluded", trace, { runtime: { device: "cpu", threads: 1 }, double });
    const { loss, slope } = await compiled.run({ x: float32([500, -500], [1, 2]), target: int32([1], [1]) });
    expect(numbers(loss)).toEqual([1000]);
    expect(numbers(slope)).toEqual([1, -1]);
  });

  test("norms of constant rows stay finite", async () => {
    const layer = await at([3, 3, 3], (x) => x.layerNorm(x.mul(0).add(1), x.mul(0), 1e-5), double);
    expect(layer.y).toEqual([0, 0, 0]);
    expect(layer.slope.every(Number.isFinite)).toBe(true);
    const rms = await at([0, 0, 0], (x) => x.rmsNorm(x.mul(0).add(1), 1e-6), double);
    expect(rms.y).toEqual([0, 0, 0]);
    expect(rms.slope.every(Number.isFinite)).toBe(true);
  });
});

test("a number that is not one is not swallowed: a diverged loss must show", async () => {
  const nan = [Number.NaN, 1];
  const functions: Readonly<Record<string, (x: Tensor) => Tensor>> = {
    relu: (x) => x.relu(),
    gelu: (x) => x.gelu(),
    silu: (x) => x.silu(),
    elu: (x) => x.elu(),
    softplus: (x) => x.softplus(),
    sigmoid: (x) => x.sigmoid(),
    maximum: (x) => x.maximum(0),
    minimum: (x) => x.minimum(0),
    max: (x) => x.max(),
    softmax: (x) => x.softmax(),
    logSumExp: (x) => x.logSumExp(),
    mean: (x) => x.mean(),
    clipped: (x) => x.maximum(-1).minimum(1),
  };
  const swallowed: string[] = [];
  for (const [name, f] of Object.entries(functions)) {
    const { y } = await at(nan, f, false);
    if (!y.some(Number.isNaN)) swallowed.push(name);
  }
  expect(swallowed).toEqual([]);
});
