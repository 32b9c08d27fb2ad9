import { expect, test } from "vitest";
import { exampleInputs, normals } from "../../../test/suites/examples.ts";
import { plain, plainAnswer } from "../../../test/suites/plain-twins.ts";
import { compile } from "../compile.ts";
import { float32, type NdArray, uint8 } from "../dtype.ts";
import { input, parameter } from "../tensor.ts";
import "./index.ts";

const runtime = { device: "cpu", threads: 1 } as const;

test("codes that are not bytes, scales of other blocks, another width: who expected what", () => {
  const [codes, scales] = [input("codes", [4, 2, 16], "uint8"), input("scales", [4, 2], "float32")];
  const [x, narrow] = [input("x", [3, 64], "float32"), input("narrow", [3, 32], "float32")];
  const options = { bits: 4, rounded: false } as const;
  expect(() => x.quantisedAffine(scales, scales, options)).toThrowErrorMatchingInlineSnapshot(
    `[ShapeError: quantisedAffine: expected codes [O, blocks, bytes] of uint8, scales [O, blocks] and minima [blocks, O] or none, got float32 input "scales" [4, 2] and input "scales" [4, 2].]`,
  );
  expect(() =>
    x.quantisedProduct(codes, input("s", [4, 1], "float32"), { bits: 4 }),
  ).toThrowErrorMatchingInlineSnapshot(
    `[ShapeError: quantisedProduct: expected codes [O, blocks, bytes] of uint8, scales [O, blocks] and minima [blocks, O] or none, got uint8 input "codes" [4, 2, 16] and input "s" [4, 1].]`,
  );
  expect(() => narrow.quantisedAffine(codes, scales, options)).toThrowErrorMatchingInlineSnapshot(
    `[ShapeError: quantisedAffine: expected x of shape [..., 64] for input "codes" [4, 2, 16], got input "narrow" [3, 32].]`,
  );
});

/** Codes and scales as a part of the graph, x fed. */
async function product(x: NdArray, codes: NdArray, scales: NdArray, bits: 4 | 8, rounded: boolean) {
  const w = parameter("codes", codes.shape, "uint8");
  const s = parameter("scales", scales.shape);
  const trace = ({ x: traced }: { x: ReturnType<typeof input> }) => ({
    y: traced.quantisedAffine(w, s, { bits, rounded }),
  });
  await using compiled = compile<{ x: NdArray }, { y: ReturnType<typeof input> }>("product", trace, {
    runtime,
    constants: { codes, scales },
  });
  return (await compiled.run({ x })).y;
}

test.each([4, 8] as const)("%d-bit weights inside the graph, exact and with x rounded to 8 bits", async (bits) => {
  const x = normals([5, 256], "x");
  const bytes = bits === 8 ? 32 : 16;
  const example = { inputs: [{ shape: [48, 8, bytes], dtype: "uint8", values: { below: 256 } }] } as const;
  const [codes] = exampleInputs(example, "codes");
  const scales = float32(
    normals([48, 8], "scales").data.map((value) => Math.abs(value) / 2 ** bits),
    [48, 8],
  );
  const [expected] = plainAnswer("quantisedAffine", [x, codes, scales], { bits })!;
  const difference = (found: NdArray) => {
    let [square, norm] = [0, 0];
    plain(found).data.forEach((value, at) => {
      square += (value - expected.data[at]) ** 2;
      norm += expected.data[at] ** 2;
    });
    return Math.sqrt(square / norm);
  };
  expect(difference(await product(x, codes, scales, bits, false))).toBeLessThan(1e-6);
  const rounded = difference(await product(x, codes, scales, bits, true));
  expect(rounded).toBeLessThan(0.02); // 1/127 of each block's largest at most
  expect(rounded).toBeGreaterThan(1e-5); // it does round: the speed is real
});

test("a large part of the graph stands beside it and is found: 2 MB of codes", async () => {
  const codes = uint8(new Uint8Array(2048 * 1024).fill(0x99), [2048, 64, 16]); // every code 9: weight = scale
  const scales = float32(new Float32Array(2048 * 64).fill(0.5), [2048, 64]);
  const y = await product(float32(new Float32Array(2048).fill(1), [1, 2048]), codes, scales, 4, false);
  expect(new Set(y.data as Float32Array)).toEqual(new Set([1024]));
});
