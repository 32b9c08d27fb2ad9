import { expect, test } from "vitest";
import { Weights } from "#nn";
import { fillNormal, Key, TracedKey } from "#random";
import { float32, type NdArray } from "#tensor";
import { checkGradients } from "../../../test/suites/central-differences.ts";
import { computed } from "../../../test/suites/computed.ts";
import { gelu, linear, normed, rows } from "../../../test/suites/plain-layers.ts";
import { ConcatDenoiser } from "./concat.ts";

const [B, D, C, F] = [3, 4, 5, 6];
const normals = (name: string, shape: readonly number[]): NdArray => {
  const data = new Float32Array(shape.reduce((size, dim) => size * dim, 1));
  fillNormal(Key.of(2).fold(name), data);
  return float32(data, shape);
};
const inputs = { noisy: normals("x", [B, D]), features: normals("t", [B, F]), condition: normals("c", [B, C]) };

function made(blocks: number) {
  const weights = Weights.draw(Key.of(1));
  return {
    weights,
    denoiser: new ConcatDenoiser(weights, { dim: D, condition: C, features: F, blocks, dropout: 0.2 }),
  };
}

test.each([0, 2])(
  "with %i blocks it is what plain loops say, and its hidden layer what the last map reads",
  async (blocks) => {
    const { weights, denoiser } = made(blocks);
    const given = { inputs, parameters: weights.arrays };
    const said = await computed((x) => denoiser.parts(x.noisy, x.features, x.condition).said, given);
    const hidden = await computed((x) => denoiser.parts(x.noisy, x.features, x.condition).hidden, given);
    const at = weights.arrays;
    const [noisy, features, condition] = [rows(inputs.noisy), rows(inputs.features), rows(inputs.condition)];
    for (let b = 0; b < B; b++) {
      const level = linear(at, "time.1", linear(at, "time.0", features[b]).map(gelu));
      let u = linear(at, "input", [...noisy[b], ...condition[b], ...level]).map(gelu);
      for (let block = 0; block < blocks; block++) {
        const left = linear(at, `blocks.${block}.map`, normed(u, at, `blocks.${block}.norm`)).map(gelu);
        u = u.map((value, k) => value + left[k]);
      }
      u.forEach((value, k) => {
        expect(hidden.data[b * 2 * D + k]).toBeCloseTo(value, 4);
      });
      linear(at, "output", u).forEach((value, k) => {
        expect(said.data[b * D + k]).toBeCloseTo(value, 4);
      });
    }
  },
);

test("one row of features serves a batch", async () => {
  const { weights, denoiser } = made(1);
  const row = normals("row", [1, F]);
  const each = float32(
    Float32Array.from({ length: B * F }, (_, at) => Number(row.data[at % F])),
    [B, F],
  );
  const saying = (features: NdArray) => {
    return computed((x) => denoiser.forward(x.noisy, x.features, x.condition), {
      inputs: { ...inputs, features },
      parameters: weights.arrays,
    });
  };
  const [one, many] = [await saying(row), await saying(each)];
  one.data.forEach((value, at) => {
    expect(Number(value)).toBeCloseTo(Number(many.data[at]), 5);
  });
});

test("its gradients are those of central differences", async () => {
  const { weights, denoiser } = made(1);
  const report = await checkGradients({
    name: "ConcatDenoiser",
    trace: (x) => denoiser.forward(x.noisy, x.features, x.condition, TracedKey.root()),
    inputs,
    parameters: weights.arrays,
    leaves: Object.values(weights.parameters),
    key: Key.of(4),
  });
  expect(report.error, report.worstAt).toBeLessThan(1e-6);
  expect(report.error32).toBeLessThan(1e-5);
});
