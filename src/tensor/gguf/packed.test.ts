import { expect, test } from "vitest";
import { normals } from "../../../test/suites/examples.ts";
import { missingModel, modelPath } from "../../../test/suites/shared-models.ts";
import { float32, type NdArray } from "../dtype.ts";
import { openGguf } from "./file.ts";
import { PACKABLE, type PackedMatrix, packBlocks, packEight } from "./packed.ts";

/** What codes, scales and minima stand for, one weight at a time. */
function unpacked({ bits, codes, scales, minima }: PackedMatrix): NdArray<Float32Array> {
  const [rows, blocks, bytes] = codes.shape;
  const block = (bytes * 8) / bits;
  const data = new Float32Array(rows * blocks * block);
  for (let at = 0; at < data.length; at++) {
    const of = Math.floor(at / block);
    const byte = codes.data[bits === 8 ? at : at >> 1];
    const code = bits === 8 ? byte - 128 : (at % 2 === 0 ? byte & 15 : byte >> 4) - 8;
    data[at] = scales.data[of] * code + (minima?.data[of] ?? 0);
  }
  return float32(data, [rows, blocks * block]);
}

const shared = missingModel("tiny/gguf");
test.skipIf(shared !== undefined).each(Object.keys(PACKABLE))("%s is packed without loss", async (type) => {
  await using file = await openGguf(modelPath("tiny/gguf/quants.gguf"));
  const whole = await file.read(type);
  const packed = unpacked(packBlocks(type, await file.readBlocks(type), whole.shape));
  packed.data.forEach((value, at) => {
    // m + 8 d is rounded once: as close as float32 is to it
    if (Math.abs(value - whole.data[at]) > 1e-6 * Math.max(1, Math.abs(value))) expect(value).toBe(whole.data[at]);
  });
  expect(packed.shape).toEqual(whole.shape);
});

test("rounding to 8 bits leaves every weight within half a step, and a block of zeros alone", () => {
  const matrix = normals([4, 64], "weights");
  matrix.data.fill(0, 32, 64);
  const found = unpacked(packEight(matrix));
  found.data.forEach((value, at) => {
    const block = matrix.data.subarray(at - (at % 32), at - (at % 32) + 32);
    const step = Math.max(...block.map(Math.abs)) / 127;
    expect(Math.abs(value - matrix.data[at])).toBeLessThanOrEqual(step / 2 + 1e-7);
  });
});
