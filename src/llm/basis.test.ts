import { expect, test } from "vitest";
import { float32, type NdArray } from "#tensor";
import { normals } from "../../test/suites/examples.ts";
import { drawnWeights, SMALL_DECODER } from "../../test/suites/small-decoder.ts";
import { allInBasis, blockMatrix, blockOf, FINAL_GAIN, gainAddresses, inBasis } from "./basis.ts";
import { DecoderSession } from "./generation/session.ts";
import { dense } from "./projection.ts";

const runtime = { device: "cpu", threads: 1 } as const;

test("a block is the largest power of two in a width, 64 at most; its matrix is its own inverse, its numbers ± 1/√n", () => {
  expect([576, 896, 48, 6, 7].map(blockOf)).toEqual([64, 64, 16, 2, 1]);
  const { data, shape } = blockMatrix(24);
  expect(shape).toEqual([8, 8]);
  expect(data.every((value) => Math.abs(Math.abs(value) - 1 / Math.sqrt(8)) < 1e-7)).toBe(true);
  for (let row = 0; row < 8; row++) {
    for (let column = 0; column < 8; column++) {
      let sum = 0;
      for (let k = 0; k < 8; k++) sum += data[row * 8 + k] * data[k * 8 + column];
      expect(Math.abs(sum - Number(row === column))).toBeLessThan(1e-6);
    }
  }
});

test("reading maps take the gain in and turn their rows, writing ones turn their columns, by hand", () => {
  const gains = { "layers.0.attentionNorm.scale": float32([2, 4], [2]), [FINAL_GAIN]: float32([1, 3], [2]) };
  const half = Math.SQRT1_2;
  const weight = float32([1, 1, 0, 1], [2, 2]);
  const of = (address: string, array: NdArray<Float32Array> = weight) => [...inBasis(address, array, gains).data];
  const close = (found: readonly number[], expected: readonly number[]) => {
    expected.forEach((value, at) => {
      expect(found[at]).toBeCloseTo(value, 6);
    });
  };
  close(of("layers.0.attention.query.weight"), [6 * half, -2 * half, 4 * half, -4 * half]); // rows (2, 4), (0, 4)
  close(of("head.weight"), [4 * half, -2 * half, 3 * half, -3 * half]);
  close(of("layers.0.attention.output.weight"), [half, 2 * half, half, 0]); // columns (1, 0), (1, 1)
  close(of("layers.0.feedForward.down.bias", float32([1, 3], [2])), [4 * half, -2 * half]);
  close(of("layers.0.attention.key.a", float32([1, 0], [1, 2])), [2 * half, 2 * half]);
  close(of("layers.0.attention.output.b", float32([1, 0], [2, 1])), [half, half]);
  expect(of("layers.0.attention.output.a")).toEqual([...weight.data]);
  expect(of("layers.0.attention.query.b")).toEqual([...weight.data]);
  expect(of("layers.0.attention.queryNorm.scale")).toEqual([...weight.data]);
  expect(of("layers.0.attentionNorm.scale", float32([2, 4], [2]))).toEqual([1, 1]);
});

test("in the other basis a decoder with every part says what it said, states too", async () => {
  const { "embedding.weight": _, ...arrays } = drawnWeights(SMALL_DECODER);
  const gains = Object.fromEntries(
    gainAddresses(SMALL_DECODER).map((address) => [address, arrays[address] as NdArray<Float32Array>]), // as: drawn so
  );
  const { dim } = SMALL_DECODER;
  const x = normals([1, 5, dim], "x").data;
  const read = async (given: typeof arrays, finalGain?: NdArray) => {
    await using session = await DecoderSession.open(
      SMALL_DECODER,
      { ...given },
      { project: dense, runtime, finalGain },
    );
    return await session.read(session.cache(1), { x }, [2, 4]);
  };
  const [plain, turned] = [await read(arrays), await read(allInBasis(arrays, gains), gains[FINAL_GAIN])];
  for (const name of ["hidden", "logits"] as const) {
    plain[name].forEach((value, at) => {
      expect(Math.abs(value - turned[name][at])).toBeLessThan(1e-4);
    });
  }
});
