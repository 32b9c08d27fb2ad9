import { expect, test } from "vitest";
import { fillNormal, Key } from "#random";
import { descend } from "./descend.ts";
import { descendAll } from "./descend-all.ts";

const use = { beta1: 0.9, beta2: 0.99, keep: 0.999, rate: 0.01, epsilon: 1e-8, scale: 0.5 };
const four = (length: number) =>
  ["weights", "gradient", "first", "second"].map((name) => {
    const data = new Float32Array(length);
    fillNormal(Key.of(1).fold(name), data);
    return name === "second" ? data.map(Math.abs) : data;
  });

test.each([0, 1, 2, 3, 4, 5, 8191, 8192, 8193, 20_001])("%d elements take the steps of the plain loop", (length) => {
  const [weights, gradient, first, second] = four(length);
  const [w, g, m, v] = four(length);
  for (let step = 0; step < 3; step++) {
    descendAll(weights, gradient, first, second, use);
    descend(w, g, m, v, 0, length, use);
  }
  expect(gradient).toEqual(g);
  for (const [fast, plain] of [
    [weights, w],
    [first, m],
    [second, v],
  ]) {
    const worst = fast.reduce((most, value, at) => Math.max(most, Math.abs(value - plain[at])), 0);
    expect(worst).toBeLessThan(1e-6); // float32 against float64 rounded once
  }
});

test("arrays that are views of larger ones are stepped alone", () => {
  const [weights, gradient, first, second] = four(30);
  const untouched = four(30);
  const part = (data: Float32Array) => data.subarray(7, 20);
  descendAll(part(weights), part(gradient), part(first), part(second), use);
  for (const [data, before] of [
    [weights, untouched[0]],
    [first, untouched[2]],
    [second, untouched[3]],
  ]) {
    expect(data.subarray(0, 7)).toEqual(before.subarray(0, 7));
    expect(data.subarray(20)).toEqual(before.subarray(20));
    expect(data.subarray(7, 20)).not.toEqual(before.subarray(7, 20));
  }
});
