import { expect, test } from "vitest";
import { Weights } from "#nn";
import { fillNormal, Key, TracedKey } from "#random";
import { float32, type NdArray } from "#tensor";
import { checkGradients } from "../../../test/suites/central-differences.ts";
import { computed } from "../../../test/suites/computed.ts";
import { gelu, linear, normed, rows, silu } from "../../../test/suites/plain-layers.ts";
import { AdaLnDenoiser, type AdaLnOptions } from "./ada-ln.ts";

const B = 3;
const wider: AdaLnOptions = { dim: 3, condition: 5, features: 4, hidden: 6, blocks: 2, dropout: 0.3 };
const same: AdaLnOptions = { ...wider, condition: 3, blocks: 1 };

const normals = (name: string, shape: readonly number[]): NdArray => {
  const data = new Float32Array(shape.reduce((size, dim) => size * dim, 1));
  fillNormal(Key.of(2).fold(name), data);
  return float32(data, shape);
};

/** A denoiser whose steering, which starts at zero, has been learned. */
function steered(options: AdaLnOptions, spread = 0.5) {
  const weights = Weights.draw(Key.of(1));
  const denoiser = new AdaLnDenoiser(weights, options);
  for (const [address, { data }] of Object.entries(weights.arrays)) {
    if (address.includes("steer")) fillNormal(Key.of(3).fold(address), data as Float32Array, spread);
  }
  const inputs = {
    noisy: normals("x", [B, options.dim]),
    features: normals("t", [B, options.features]),
    condition: normals("c", [B, options.condition]),
  };
  return { weights, denoiser, inputs };
}

/** The formula of the file's head, row by row. */
function twin({ weights: { arrays: at }, inputs }: ReturnType<typeof steered>, options: AdaLnOptions): number[] {
  const { hidden, blocks, dim, condition: width } = options;
  const [noisy, features, condition] = [rows(inputs.noisy), rows(inputs.features), rows(inputs.condition)];
  return noisy.flatMap((row, b) => {
    const asked = linear(at, "condition", condition[b]);
    const level = linear(at, "time.1", linear(at, "time.0", features[b]).map(silu));
    const steering = level.map((value, k) => silu(value + asked[k]));
    let u = linear(at, "noisy", row).map((value, k) => value + asked[k]);
    for (let block = 0; block < blocks; block++) {
      const s = linear(at, `blocks.${block}.steer`, steering);
      const entered = normed(u).map((value, k) => value * (1 + s[k]) + s[hidden + k]);
      const inner = linear(at, `blocks.${block}.feedForward.up`, entered).map(gelu);
      const left = linear(at, `blocks.${block}.feedForward.down`, inner);
      u = u.map((value, k) => value + (1 + s[2 * hidden + k]) * left[k]);
    }
    const out = linear(at, "output", normed(u, at, "norm"));
    return dim === width ? out.map((value, k) => value + condition[b][k]) : out;
  });
}

test.each([
  ["a condition of another width", wider],
  ["a condition as wide as the vectors, which is carried into the output", same],
])("steered, it is what plain loops say, with %s", async (_, options) => {
  const all = steered(options);
  const { denoiser, inputs, weights } = all;
  const given = { inputs, parameters: weights.arrays };
  const { data, shape } = await computed((x) => denoiser.forward(x.noisy, x.features, x.condition), given);
  expect(shape).toEqual([B, options.dim]);
  twin(all, options).forEach((value, at) => {
    expect(data[at]).toBeCloseTo(value, 4);
  });
});

test("one row of features serves a batch", async () => {
  const { denoiser, inputs, weights } = steered(wider);
  const row = { ...inputs, features: normals("row", [1, wider.features]) };
  const many = {
    ...inputs,
    features: float32(
      [0, 1, 2].flatMap(() => rows(row.features)[0]),
      [B, wider.features],
    ),
  };
  const said = async (given: typeof inputs) =>
    (
      await computed((x) => denoiser.forward(x.noisy, x.features, x.condition), {
        inputs: given,
        parameters: weights.arrays,
      })
    ).data;
  const each = await said(many);
  (await said(row)).forEach((value, at) => {
    expect(value).toBeCloseTo(Number(each[at]), 5);
  });
});

test("steered, its gradients are those of central differences", async () => {
  const { denoiser, inputs, weights } = steered(wider);
  const report = await checkGradients({
    name: "AdaLnDenoiser",
    trace: (x) => denoiser.forward(x.noisy, x.features, x.condition, TracedKey.root()),
    inputs,
    parameters: weights.arrays,
    leaves: Object.values(weights.parameters),
    key: Key.of(4),
  });
  expect(report.error, report.worstAt).toBeLessThan(1e-6);
  expect(report.error32).toBeLessThan(1e-5);
});
