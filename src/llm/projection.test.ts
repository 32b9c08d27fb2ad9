import { expect, test } from "vitest";
import { Weights } from "#nn";
import { type Arrays, compile, float32, type PackedMatrix, packEight, uint8 } from "#tensor";
import { normals } from "../../test/suites/examples.ts";
import { dense, type Project, packed } from "./projection.ts";

const [ROWS, OUT, IN, BLOCK] = [3, 4, 64, 32];
const BLOCKS = IN / BLOCK;
const BIAS = normals([OUT], "bias");
const X = normals([ROWS, IN], "x");

async function project(how: Project, parameters: Arrays): Promise<Float32Array> {
  const made = how(Weights.planned().at("p"), { inDim: IN, outDim: OUT, bias: true });
  await using compiled = compile("projection", ({ x }) => ({ y: made.forward(x) }), {
    runtime: { device: "cpu", threads: 1 },
    parameters: { "p.bias": BIAS, ...parameters },
  });
  const { y } = await compiled.run({ x: X });
  expect(y.shape).toEqual([ROWS, OUT]);
  return y.data as Float32Array; // as: a float32 graph
}

/** y = x Wᵀ + b in a plain loop. */
function expectProduct(y: Float32Array, weight: (row: number, column: number) => number): void {
  for (let row = 0; row < ROWS; row++) {
    for (let out = 0; out < OUT; out++) {
      let sum = BIAS.data[out];
      for (let column = 0; column < IN; column++) sum += X.data[row * IN + column] * weight(out, column);
      expect(Math.abs(y[row * OUT + out] - sum)).toBeLessThan(1e-4);
    }
  }
}

test("dense weights", async () => {
  const weight = normals([OUT, IN], "weight");
  const y = await project(dense, { "p.weight": weight });
  expectProduct(y, (row, column) => weight.data[row * IN + column]);
});

test("weights in 8 bits: scale (code - 128)", async () => {
  const { codes, scales }: PackedMatrix = packEight(normals([OUT, IN], "weight"), BLOCK);
  const how = packed(() => ({ bits: 8, block: BLOCK, minima: false }), false);
  const y = await project(how, { "p.codes": codes, "p.scales": scales });
  expectProduct(y, (row, column) => {
    return scales.data[row * BLOCKS + Math.floor(column / BLOCK)] * (codes.data[row * IN + column] - 128);
  });
});

test("weights in 4 bits with minima: scale (code - 8) + minimum, two codes a byte, the first in its low half", async () => {
  const bytes = Uint8Array.from({ length: (OUT * IN) / 2 }, (_, at) => (at * 37 + 11) % 256);
  const scales = normals([OUT, BLOCKS], "scales");
  const minima = normals([BLOCKS, OUT], "minima");
  const how = packed((address) => {
    return address === "p.weight" ? { bits: 4, block: BLOCK, minima: true } : undefined;
  }, false);
  const y = await project(how, {
    "p.codes": uint8(bytes, [OUT, BLOCKS, BLOCK / 2]),
    "p.scales": scales,
    "p.minima": minima,
  });
  expectProduct(y, (row, column) => {
    const [byte, block] = [bytes[(row * IN + column) >> 1], Math.floor(column / BLOCK)];
    const code = column % 2 === 0 ? byte & 15 : byte >> 4;
    return scales.data[row * BLOCKS + block] * (code - 8) + minima.data[block * OUT + row];
  });
});

test("an address that is not packed has dense weights", async () => {
  const weight = normals([OUT, IN], "weight");
  const y = await project(
    packed(() => undefined, true),
    { "p.weight": float32(weight.data, [OUT, IN]) },
  );
  expectProduct(y, (row, column) => weight.data[row * IN + column]);
});
