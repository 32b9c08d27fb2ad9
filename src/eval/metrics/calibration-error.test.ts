import { expect, test } from "vitest";
import { calibrationError } from "./calibration-error.ts";

test("users whose probabilities fall into two bins, worked out by hand", () => {
  const tally = calibrationError.tally();
  // Bin 13 of fifteen, [13/15, 14/15): one of two is taken where .9 was said. Bin 1: one of one where .1 was said.
  for (const [first, hit] of [
    [0.9, true],
    [0.9, false],
    [0.1, true],
  ] as const) {
    tally.see({ first, hit, logTarget: 0 });
  }
  expect(tally.value()).toBeCloseTo((2 * Math.abs(0.5 - 0.9) + Math.abs(1 - 0.1)) / 3, 12);
});

test("who is right as often as they say has no error, certainty belongs to the last bin, nobody has no value", () => {
  const tally = calibrationError.tally();
  expect(tally.value()).toBe(undefined);
  tally.see({ first: Number.NaN, hit: false, logTarget: -Infinity });
  expect(tally.value()).toBe(undefined);
  tally.see({ first: 1, hit: true, logTarget: 0 });
  for (const hit of [true, false, false, false]) tally.see({ first: 0.25, hit, logTarget: 0 });
  expect(tally.value()).toBe(0);
});
