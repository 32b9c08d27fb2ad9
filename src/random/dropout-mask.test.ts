import { expect, test } from "vitest";
import { compile } from "#tensor";
import { dropoutMask, fillDropoutMask, Key, TracedKey } from "./index.ts";

const mask = (key: Key, keep: number, count: number) => {
  const data = new Float32Array(count);
  fillDropoutMask(key, keep, data);
  return data;
};

test("masks never change silently", () => {
  expect(Array.from(mask(Key.of(1), 0.5, 24), (x) => x / 2).join("")).toBe("110000101000101011110110");
});

test.each([0.8, 0.5, 0.7, 0.95])(
  "ten million elements kept at %d have mean 1, to the probability really used",
  (keep) => {
    const n = 10_000_000;
    const used = Math.round(keep * 256) / 256;
    const data = mask(Key.of(2), keep, n);
    const kept = data.reduce((sum, value) => sum + (value === 0 ? 0 : 1), 0);
    expect(new Set(data)).toEqual(new Set([0, Math.fround(1 / used)]));
    expect(Math.abs(kept - n * used) / Math.sqrt(n * used * (1 - used))).toBeLessThan(4);
  },
);

test("neither the bytes of a word, nor neighbours, nor masks of neighbouring keys go together", () => {
  const n = 2_000_000;
  const centred = (key: Key) => mask(key, 0.5, n).map((value) => value - 1); // ±1
  const correlation = (a: Float32Array, b: Float32Array, lag: number) => {
    let sum = 0;
    for (let at = lag; at < n; at++) sum += a[at] * b[at - lag];
    return Math.abs(sum) / Math.sqrt(n);
  };
  const data = centred(Key.of(3).fold(0));
  for (const lag of [1, 2, 3, 4, 5, 8, 64, 256, 4096]) expect(correlation(data, data, lag)).toBeLessThan(4);
  for (const word of [1, 2, 3, 4]) expect(correlation(data, centred(Key.of(3).fold(word)), 0)).toBeLessThan(4);
});

test("any length gives the same elements, and so does float64", () => {
  const expected = mask(Key.of(4), 0.6, 64);
  for (let length = 0; length <= 9; length++)
    expect(mask(Key.of(4), 0.6, length)).toEqual(expected.subarray(0, length));
  const double = new Float64Array(64);
  fillDropoutMask(Key.of(4), 0.6, double);
  expect(Float32Array.from(double)).toEqual(expected);
});

test("a traced mask is the host's mask at its place", async () => {
  const place = TracedKey.root().fold("hidden");
  const compiled = compile("mask", () => ({ x: dropoutMask(place, 0.8, [5, 5]).mul(1) }), {
    runtime: { device: "cpu", threads: 1 },
  });
  expect((await compiled.run({}, Key.of(5))).x.data).toEqual(mask(Key.of(5).fold("hidden"), 0.8, 25));
  await expect(compiled.run({})).rejects.toThrowErrorMatchingInlineSnapshot(
    `[Error: internal: this graph draws dropout masks; give its run a key]`,
  );
});
