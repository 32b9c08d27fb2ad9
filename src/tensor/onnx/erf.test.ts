import { expect, test } from "vitest";
import { compile } from "../compile.ts";
import type { NdArray } from "../dtype.ts";
import "../primitives/index.ts";

// Abramowitz and Stegun, table 7.1, continued to 16 digits (erf is odd).
const TABLE: readonly (readonly [number, number])[] = [
  [0, 0],
  [0.5, 0.5204998778130465],
  [1, 0.8427007929497149],
  [-1, -0.8427007929497149],
  [2, 0.9953222650189527],
  [3, 0.9999779095030014],
  [5.5, 0.9999999999999927],
  [40, 1],
];

test("the error function in float64 is exact to 1e-15", async () => {
  const x: NdArray = { dtype: "float64", shape: [TABLE.length], data: Float64Array.from(TABLE, ([at]) => at) };
  const runtime = { device: "cpu", threads: 1 } as const;
  await using compiled = compile("erf", ({ x }) => ({ y: x.erf() }), { runtime, double: true });
  const { y } = await compiled.run({ x });
  TABLE.forEach(([at, expected], row) => {
    expect(Math.abs(Number(y.data[row]) - expected), `erf(${at})`).toBeLessThan(1e-15);
  });
});
