import { expect, test } from "vitest";
import { exampleInputs, normals } from "../../../test/suites/examples.ts";
import { plain, plainAnswer } from "../../../test/suites/plain-twins.ts";
import { compile } from "../compile.ts";
import { float32, type NdArray } from "../dtype.ts";
import { gradients } from "../gradients.ts";
import { input, parameter } from "../tensor.ts";
import type { Digits } from "./rounded.ts";
import "./index.ts";

const runtime = { device: "cpu", threads: 1 } as const;
const [IN, OUT] = [96, 40];
const [codes] = exampleInputs({ inputs: [{ shape: [IN, OUT], dtype: "int8", values: { below: 256 } }] }, "codes");
const scales = float32(
  normals([OUT], "scales").data.map((value) => Math.abs(value) / 256),
  [OUT],
);

/** Codes and scales as a part of the graph, x fed. */
async function product(x: NdArray, digits: Digits): Promise<Float32Array> {
  const [w, s] = [parameter("codes", codes.shape, "int8"), parameter("scales", scales.shape)];
  const trace = ({ x }: { readonly x: ReturnType<typeof input> }) => ({ y: x.roundedAffine(w, s, digits) });
  await using compiled = compile<{ x: NdArray }, ReturnType<typeof trace>>("product", trace, {
    runtime,
    constants: { codes, scales },
  });
  return (await compiled.run({ x })).y.data as Float32Array; // as: a float32 graph
}

test("one digit is within a hundredth of the exact product, two within float32's own rounding", async () => {
  const x = normals([5, IN], "x");
  const weights = normals([IN, OUT], "w");
  weights.data.set(codes.data as Int8Array);
  const exact = plainAnswer("matmul", [x, weights], { transposeA: false, transposeB: false, scale: 1 })![0].data;
  const difference = (found: Float32Array) => {
    let [square, norm] = [0, 0];
    found.forEach((value, at) => {
      const expected = exact[at] * scales.data[at % OUT];
      square += (value - expected) ** 2;
      norm += expected ** 2;
    });
    return Math.sqrt(square / norm);
  };
  const [one, two] = [difference(await product(x, 1)), difference(await product(x, 2))];
  expect(one).toBeLessThan(0.01);
  expect(one).toBeGreaterThan(1e-4); // it does round: the speed is real
  expect(two).toBeLessThan(5e-5);
});

test.each([1, 2] as const)(
  "with %d digits a row does not depend on the others, and a row of zeros is zero",
  async (digits) => {
    const rows = normals([3, IN], "rows").data;
    rows.subarray(0, IN).forEach((value, at) => {
      rows[at] = 1000 * value; // a scale that all would share would drown the last row
    });
    rows.fill(0, IN, 2 * IN);
    const together = await product(float32(rows, [3, IN]), digits);
    const alone = await product(float32(rows.slice(2 * IN), [1, IN]), digits);
    expect(together.slice(2 * OUT)).toEqual(alone);
    expect([...together.slice(OUT, 2 * OUT)].every((value) => value === 0)).toBe(true);
  },
);

test("one digit and two are what a plain loop says, weights inside the graph", async () => {
  const x = normals([4, IN], "plain");
  for (const digits of [1, 2] as const) {
    const [expected] = plainAnswer("roundedAffine", [x, codes, scales], { digits })!;
    const found = plain({ dtype: "float32", shape: [4, OUT], data: await product(x, digits) }).data;
    found.forEach((value, at) => {
      expect(Math.abs(value - expected.data[at])).toBeLessThan(2e-4); // sums of 96 products of up to 4 · 128 · 4 / 256
    });
  }
});

test.each([
  [1, 0.01],
  [2, 5e-5],
] as const)(
  "gradients in %d digits are within %d of exact ones, and those of rows without any are 0",
  async (digits, limit) => {
    const trace = ({ x, g }: { readonly x: ReturnType<typeof input>; readonly g: ReturnType<typeof input> }) => {
      const [w, s] = [parameter("codes", codes.shape, "int8"), parameter("scales", scales.shape)];
      const [found] = gradients(x.roundedAffine(w, s, digits).mul(g).sum(), [x]);
      return { found };
    };
    await using compiled = compile<{ x: NdArray; g: NdArray }, ReturnType<typeof trace>>("gradient", trace, {
      runtime,
      constants: { codes, scales },
    });
    const g = normals([5, OUT], "g");
    g.data.fill(0, OUT, 2 * OUT);
    const found = (await compiled.run({ x: normals([5, IN], "x"), g })).found.data;
    let [square, norm] = [0, 0];
    for (let row = 0; row < 5; row++) {
      for (let i = 0; i < IN; i++) {
        let exact = 0;
        for (let o = 0; o < OUT; o++) exact += g.data[row * OUT + o] * scales.data[o] * Number(codes.data[i * OUT + o]);
        square += (Number(found[row * IN + i]) - exact) ** 2;
        norm += exact ** 2;
      }
    }
    expect(Math.sqrt(square / norm)).toBeLessThan(limit);
    expect([...found.slice(IN, 2 * IN)].every((value) => Number(value) === 0)).toBe(true);
  },
);

test("of no rows there are none, with the two digits of a head that nobody asks", async () => {
  expect(await product(float32([], [0, IN]), 2)).toHaveLength(0);
});

test("codes of another type, scales of other outputs, another width: who expected what", () => {
  const [x, w, s] = [input("x", [3, 64], "float32"), input("codes", [64, 5], "int8"), input("scales", [5], "float32")];
  expect(() => x.roundedAffine(input("bytes", [64, 5], "uint8"), s, 1)).toThrowErrorMatchingInlineSnapshot(
    `[ShapeError: roundedAffine: expected x [..., I], codes [I, O] of int8 and scales [O], got input "x" [3, 64], uint8 input "bytes" [64, 5] and input "scales" [5].]`,
  );
  expect(() => x.roundedAffine(w, input("few", [4], "float32"), 1)).toThrowErrorMatchingInlineSnapshot(
    `[ShapeError: roundedAffine: expected x [..., I], codes [I, O] of int8 and scales [O], got input "x" [3, 64], int8 input "codes" [64, 5] and input "few" [4].]`,
  );
  expect(() => input("narrow", [3, 32], "float32").roundedAffine(w, s, 2)).toThrowErrorMatchingInlineSnapshot(
    `[ShapeError: roundedAffine: expected x [..., I], codes [I, O] of int8 and scales [O], got input "narrow" [3, 32], int8 input "codes" [64, 5] and input "scales" [5].]`,
  );
});
