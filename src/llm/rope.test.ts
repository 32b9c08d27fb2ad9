import { expect, test } from "vitest";
import { scaledFrequency } from "./rope.ts";

test("none leaves a frequency, linear divides it, divisors divide each by its own", () => {
  expect(scaledFrequency({ kind: "none" })(0.3, 0)).toBe(0.3);
  expect(scaledFrequency({ kind: "linear", factor: 4 })(0.3, 0)).toBe(0.075);
  expect([0, 1].map((at) => scaledFrequency({ kind: "divisors", divisors: [1, 32] })(0.5, at))).toEqual([0.5, 1 / 64]);
});

test("llama3: fast turns stay, slow ones are divided, and between them it is a straight line in turns", () => {
  const scaled = scaledFrequency({ kind: "llama3", factor: 8, lowFactor: 1, highFactor: 4, originalLength: 100 });
  const frequencyOf = (turns: number) => (2 * Math.PI * turns) / 100;
  expect(scaled(frequencyOf(5), 0)).toBe(frequencyOf(5));
  expect(scaled(frequencyOf(0.5), 0)).toBe(frequencyOf(0.5) / 8);
  // 2.5 turns stand half-way between 1 and 4: the mean of f / 8 and f.
  expect(scaled(frequencyOf(2.5), 0)).toBeCloseTo(frequencyOf(2.5) * (0.5 / 8 + 0.5), 12);
});
