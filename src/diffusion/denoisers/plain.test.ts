import { expect, test } from "vitest";
import { Weights } from "#nn";
import { fillNormal, Key, TracedKey } from "#random";
import { float32, type NdArray } from "#tensor";
import { checkGradients } from "../../../test/suites/central-differences.ts";
import { computed } from "../../../test/suites/computed.ts";
import { gelu, linear, normed, rows } from "../../../test/suites/plain-layers.ts";
import { PlainDenoiser } from "./plain.ts";

const [B, D, C] = [3, 4, 6];
const options = { dim: D, condition: C, dropout: 0.5 };
const weights = Weights.draw(Key.of(1));
const denoiser = new PlainDenoiser(weights, options);
const normals = (name: string, shape: readonly number[]): NdArray => {
  const data = new Float32Array(shape.reduce((size, dim) => size * dim, 1));
  fillNormal(Key.of(2).fold(name), data);
  return float32(data, shape);
};
const inputs = { noisy: normals("x", [B, D]), features: normals("t", [B, D]), condition: normals("c", [B, C]) };
const given = { inputs, parameters: weights.arrays };

test("it is what plain loops say", async () => {
  const { data } = await computed((x) => denoiser.forward(x.noisy, x.features, x.condition), given);
  const at = weights.arrays;
  const [noisy, features, condition] = [rows(inputs.noisy), rows(inputs.features), rows(inputs.condition)];
  const expected = noisy.flatMap((row, b) => {
    const shared = linear(at, "condition.up", normed(condition[b], at, "condition.norm")).map(gelu);
    const read = linear(at, "condition.down", shared);
    let h = row.map((value, k) => value + read[k] + features[b][k]);
    for (const block of [0, 1]) {
      const relu = (value: number) => Math.max(0, value);
      const inner = linear(at, `blocks.${block}.up`, h.map(relu)).map(relu);
      h = linear(at, `blocks.${block}.down`, inner).map((value, k) => value + h[k]);
    }
    return h;
  });
  expected.forEach((value, index) => {
    expect(data[index]).toBeCloseTo(value, 4);
  });
});

/** 2,362,368 of the authors' (width 512, condition 2048), and scale and shift of the condition's normalisation. */
test("at the authors' widths it has as many weights as theirs, and 2 · 2048 of the normalisation", () => {
  const large = Weights.draw(Key.of(1));
  new PlainDenoiser(large, { dim: 512, condition: 2048, dropout: 0.2 });
  const count = Object.values(large.arrays).reduce((sum, { data }) => sum + data.length, 0);
  expect(count).toBe(2_362_368 + 2 * 2048);
});

test("a condition and its negative are not read alike: no sign is lost before the first map", async () => {
  const read = async (factor: number) =>
    (await computed((x) => denoiser.read(x.condition.mul(factor)), given)).data as Float32Array;
  const [plus, minus] = [await read(1), await read(-1)];
  for (let row = 0; row < B; row++) {
    expect(plus.slice(row * D, row * D + D)).not.toEqual(minus.slice(row * D, row * D + D));
  }
});

test("a condition that is read once says the same at every step as one read each time", async () => {
  const [at, once] = [
    await computed((x) => denoiser.forward(x.noisy, x.features, x.condition), given),
    await computed((x) => denoiser.under(denoiser.read(x.condition), x.noisy, x.features), given),
  ];
  expect(once.data).toEqual(at.data);
});

test("dropout falls only with a key, elsewhere in every place", async () => {
  const said = (seed?: number) =>
    computed(
      (x) => denoiser.forward(x.noisy, x.features, x.condition, seed === undefined ? undefined : TracedKey.root()),
      { ...given, key: Key.of(seed ?? 0) },
    );
  const [off, one, again, other] = [await said(), await said(1), await said(1), await said(2)];
  expect(one.data).not.toEqual(off.data);
  expect(again.data).toEqual(one.data);
  expect(other.data).not.toEqual(one.data);
});

test("its gradients are those of central differences", async () => {
  const report = await checkGradients({
    name: "PlainDenoiser",
    trace: (x) => denoiser.forward(x.noisy, x.features, x.condition, TracedKey.root()),
    inputs,
    parameters: weights.arrays,
    leaves: Object.values(weights.parameters),
    key: Key.of(4),
  });
  expect(report.error, report.worstAt).toBeLessThan(1e-6);
  expect(report.error32).toBeLessThan(1e-5);
});
