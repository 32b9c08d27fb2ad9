import { expect, test } from "vitest";
import { normals } from "../../../test/suites/examples.ts";
import { plainAnswer } from "../../../test/suites/plain-twins.ts";
import { compile } from "../compile.ts";
import type { NdArray } from "../dtype.ts";
import { input, type Tensor } from "../tensor.ts";
import "./index.ts";

const [BATCH, HEADS, SHARED, WIDTH] = [2, 6, 3, 4];

function inputsOf(length: number, past: number): Record<string, NdArray> {
  const shapes = {
    query: [BATCH, HEADS, length, WIDTH],
    keys: [BATCH, SHARED, WIDTH, length],
    values: [BATCH, SHARED, length, WIDTH],
    cachedKeys: [BATCH, SHARED, 1, WIDTH, past],
    cachedValues: [BATCH, SHARED, 1, past, WIDTH],
    past: [BATCH, 1, 1, 1, past],
    among: [BATCH, 1, 1, length, length],
  };
  return Object.fromEntries(Object.entries(shapes).map(([name, shape]) => [name, normals(shape, name)]));
}

function attended({ query, keys, values, cachedKeys, cachedValues, past, among }: Readonly<Record<string, Tensor>>) {
  return { y: query.cachedAttention(keys, values, { keys: cachedKeys, values: cachedValues, past, among }) };
}

test("one session serves one new place and many, behind caches of any length, as plain loops do", async () => {
  await using compiled = compile("attended", attended, {
    runtime: { device: "cpu", threads: 1 },
    axes: {
      query: ["B", null, "S", null],
      keys: ["B", null, null, "S"],
      values: ["B", null, "S", null],
      cachedKeys: ["B", null, null, null, "P"],
      cachedValues: ["B", null, null, "P", null],
      past: ["B", null, null, null, "P"],
      among: ["B", null, null, "S", "S"],
    },
  });
  for (const [length, past] of [
    [1, 7],
    [31, 1],
    [32, 9],
    [40, 3],
  ]) {
    const inputs = inputsOf(length, past);
    const [expected] = plainAnswer("cachedAttention", Object.values(inputs), {})!;
    const { y } = await compiled.run(inputs);
    expect(y.shape).toEqual(expected.shape);
    expected.data.forEach((value, at) => {
      expect(Math.abs(value - Number(y.data[at]))).toBeLessThan(1e-5);
    });
  }
  expect(compiled.compilations).toBe(1);
});

test("heads that cannot share, a cache of another width: who expected what", () => {
  const traced = Object.fromEntries(
    Object.entries(inputsOf(2, 3)).map(([name, { shape }]) => [name, input(name, shape, "float32")]),
  );
  expect(() => attended({ ...traced, keys: traced.values })).toThrowErrorMatchingInlineSnapshot(
    `[ShapeError: cachedAttention: expected queries [B, H, S, d], new keys [B, Hkv, d, S] and values [B, Hkv, S, d], cached keys [B, Hkv, 1, d, P] and values [B, Hkv, 1, P, d], and masks [B, 1, 1, 1, P] and [B, 1, 1, S, S], got input "query" [2, 6, 2, 4], input "values" [2, 3, 2, 4], input "values" [2, 3, 2, 4], input "cachedKeys" [2, 3, 1, 4, 3], input "cachedValues" [2, 3, 1, 3, 4], input "past" [2, 1, 1, 1, 3], input "among" [2, 1, 1, 2, 2].]`,
  );
});
