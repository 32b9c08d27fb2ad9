import { expect, test } from "vitest";
import { Key, TracedKey } from "#random";
import { constant, float32, gradients, input } from "#tensor";
import { computed } from "../../test/suites/computed.ts";
import { dropout } from "./index.ts";

const ones = float32(new Float32Array(100_000).fill(1), [100, 1000]);

test("without a key, or at rate 0, x itself comes back", () => {
  const x = input("x", [2], "float32");
  expect(dropout(x, 0.5, undefined)).toBe(x);
  expect(dropout(x, 0, TracedKey.root())).toBe(x);
});

test("with a key the rate's share is zeroed and the mean stays", async () => {
  const { data } = await computed((given) => dropout(given.x, 0.3, TracedKey.root()), {
    inputs: { x: ones },
    key: Key.of(1),
  });
  const values = Array.from(data, Number);
  // Zeroed: 30 % of 100,000, deviation 145, and the rate is used to 1/256. Mean 1, deviation √(0.3 / 0.7 / 100000) = .0021.
  expect(Math.abs(values.filter((value) => value === 0).length - 30_000)).toBeLessThan(4 * 145 + 100_000 / 512);
  expect(Math.abs(values.reduce((sum, value) => sum + value, 0) / values.length - 1)).toBeLessThan(4 * 0.0021);
});

test("the gradient goes through what was kept, with the same scale", async () => {
  const place = TracedKey.root().fold("here");
  const given = { inputs: { x: ones }, key: Key.of(2) };
  const value = await computed(({ x }) => dropout(x, 0.5, place), given);
  const gradient = await computed(({ x }) => gradients(dropout(x, 0.5, place).sum(), [x])[0], given);
  expect(gradient.data).toEqual(value.data); // of ones: mask · scale both times
});

test("two places drop different elements, one place the same ones", async () => {
  const mask = (word: string) => dropout(constant(ones), 0.5, TracedKey.root().fold(word));
  const alike = await computed(() => mask("a").equal(mask("a")).cast("float32").mean(), { key: Key.of(3) });
  const apart = await computed(() => mask("a").equal(mask("b")).cast("float32").mean(), { key: Key.of(3) });
  expect(alike.data[0]).toBe(1);
  expect(Math.abs(Number(apart.data[0]) - 0.5)).toBeLessThan(4 * 0.0016); // √(0.25 / 100000)
});
