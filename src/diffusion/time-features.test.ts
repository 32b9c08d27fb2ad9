import { expect, test } from "vitest";
import { Gaussian } from "./gaussian.ts";
import { timeFeatures } from "./time-features.ts";

/** ᾱ whose ½ log SNR is the number given. */
const at = (half: number) => 1 / (1 + Math.exp(-2 * half));
const chain = new Gaussian(() => Float64Array.from([9, 1, 0, -7], at), 4);

test("a row is sines, then cosines, of the noise level at frequencies from 2 down to 0.02", () => {
  const { data, shape } = timeFeatures(chain, 6);
  expect(shape).toEqual([4, 6]);
  const angles = [2, 0.2, 0.02];
  [5.5, 1, 0, -5.5].forEach((level, step) => {
    const row = [...angles.map((each) => Math.sin(level * each)), ...angles.map((each) => Math.cos(level * each))];
    row.forEach((value, column) => {
      expect(data[step * 6 + column]).toBeCloseTo(value, 6);
    });
  });
});

test("where signal and noise are equal, every sine is 0 and every cosine 1", () => {
  const { data } = timeFeatures(chain, 4);
  [0, 0, 1, 1].forEach((value, column) => {
    expect(data[2 * 4 + column]).toBeCloseTo(value, 6);
  });
});

test("an odd width is refused", () => {
  expect(() => timeFeatures(chain, 5)).toThrowErrorMatchingInlineSnapshot(
    `[ConfigError: timeFeatures: expected an even width, sines beside cosines, got 5.]`,
  );
});
