import { expect, test } from "vitest";
import { Key } from "#random";
import { type Arrays, constant, int32, type NdArray } from "#tensor";
import { numbers, worstDifference } from "../../test/suites/central-differences.ts";
import { computed } from "../../test/suites/computed.ts";
import { normals } from "../../test/suites/examples.ts";
import { Attention, Rotary, Weights } from "./index.ts";

const positionsOf = (values: readonly number[]) => int32(values, [values.length]);

test("pair i of position t turns by t · base^(-2i/D)", async () => {
  const rotary = new Rotary(4, 100); // frequencies 1 and 100^(-1/2) = 0.1
  const inputs = { positions: positionsOf([0, 3]) };
  const cosines = await computed((x) => rotary.angles(x.positions).cosines, { inputs });
  const sines = await computed((x) => rotary.angles(x.positions).sines, { inputs });
  expect(cosines.shape).toEqual([2, 2]);
  [0, 0, 3, 0.3].forEach((angle, at) => {
    expect(cosines.data[at]).toBeCloseTo(Math.cos(angle), 6);
    expect(sines.data[at]).toBeCloseTo(Math.sin(angle), 6);
  });
});

test("the halves of the width are paired: at a quarter turn (a, b) becomes (-b, a)", async () => {
  const quarter = constant({ dtype: "float32", shape: [1, 2], data: Float32Array.of(1, 1) });
  const x = { dtype: "float32", shape: [1, 1, 1, 4], data: Float32Array.of(1, 2, 3, 4) } as const;
  const turned = await computed((given) => given.x.rotary(quarter.mul(0), quarter), { inputs: { x } });
  expect(numbers(turned)).toEqual([-3, -4, 1, 2]);
});

test("attention sees distances: positions moved together give the same, moved apart they do not", async () => {
  const [B, T, D] = [2, 3, 8];
  const weights = Weights.draw(Key.of(1));
  const attention = new Attention(weights, D, { heads: 2, dropout: 0 });
  const rotary = new Rotary(D / 2);
  const attend = (values: readonly number[]) => {
    const inputs: Arrays = { x: normals([B, T, D], "x"), positions: positionsOf(values) };
    return computed((x) => attention.forward(x.x, constant(0), undefined, rotary.angles(x.positions)), {
      inputs,
      parameters: weights.arrays,
    });
  };
  const near = await attend([0, 1, 2]);
  const moved = await attend([7, 8, 9]);
  const apart = await attend([0, 5, 9]);
  const difference = (a: NdArray) => worstDifference(numbers(a), numbers(near));
  expect(difference(moved)).toBeLessThan(1e-5);
  expect(difference(apart)).toBeGreaterThan(1e-4);
});

test("a head of odd width is our own bug", () => {
  expect(() => new Rotary(3)).toThrowErrorMatchingInlineSnapshot(
    `[Error: internal: rotary positions need an even head width, got 3]`,
  );
});
