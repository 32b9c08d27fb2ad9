import { expect, test } from "vitest";
import { fillBernoulli, Key } from "./index.ts";

const flips = (key: Key, probability: number, count: number) => {
  const data = new Uint8Array(count);
  fillBernoulli(key, probability, data);
  return data;
};
const onesOf = (data: Uint8Array) => data.reduce((sum, flip) => sum + flip, 0);

test("flips never change silently", () => {
  expect(flips(Key.of(1), 0.5, 24).join("")).toBe("001011011100101000110001");
  expect(flips(Key.of(1), 0.8, 24).join("")).toBe("011011011110111111111111");
});

test.each([0.5, 0.8, 0.9, 0.001, 1 / 3])("ten million flips at %d keep their probability", (probability) => {
  const n = 10_000_000;
  const used = Math.round(probability * 32768) / 32768; // what the documentation promises
  const deviation = Math.sqrt(n * used * (1 - used));
  const data = flips(Key.of(4).fold("bias"), probability, n);
  expect(Math.abs(onesOf(data) - n * used) / deviation).toBeLessThan(4);
});

test("0 and 1 are exact, and nothing but 0 and 1 is written", () => {
  expect(onesOf(flips(Key.of(5), 0, 100_000))).toBe(0);
  expect(onesOf(flips(Key.of(5), 1, 100_000))).toBe(100_000);
  expect(new Set(flips(Key.of(5), 0.3, 100_000))).toEqual(new Set([0, 1]));
});

test("each of the four bytes of a word keeps the probability, and no two of them go together", () => {
  const n = 4_000_000;
  const p = 0.75;
  const data = flips(Key.of(6), p, n);
  const words = n / 4;
  for (let lane = 0; lane < 4; lane++) {
    let ones = 0;
    for (let at = lane; at < n; at += 4) ones += data[at];
    expect(Math.abs(ones - words * p) / Math.sqrt(words * p * (1 - p))).toBeLessThan(4);
  }
  for (const lag of [1, 2, 3, 4, 8]) {
    let product = 0;
    for (let at = lag; at < n; at++) product += (data[at] - p) * (data[at - lag] - p);
    expect(Math.abs(product / (n * p * (1 - p)))).toBeLessThan(4 / Math.sqrt(n));
  }
});

test("any length and any alignment gives the same flips", () => {
  const expected = flips(Key.of(7), 0.6, 64);
  for (let length = 0; length <= 9; length++) {
    expect(flips(Key.of(7), 0.6, length)).toEqual(expected.subarray(0, length));
    for (let offset = 1; offset < 4; offset++) {
      const whole = new Uint8Array(16).fill(9);
      fillBernoulli(Key.of(7), 0.6, whole.subarray(offset, offset + length));
      expect(whole.subarray(offset, offset + length)).toEqual(expected.subarray(0, length));
      expect([...whole.subarray(0, offset), ...whole.subarray(offset + length)]).toEqual(Array(16 - length).fill(9));
    }
  }
});

test("a probability that is none is our own bug", () => {
  expect(() => flips(Key.of(1), 1.5, 4)).toThrowErrorMatchingInlineSnapshot(
    `[Error: internal: bernoulli of probability 1.5; expected a number from 0 to 1]`,
  );
  expect(() => flips(Key.of(1), Number.NaN, 4)).toThrowErrorMatchingInlineSnapshot(
    `[Error: internal: bernoulli of probability NaN; expected a number from 0 to 1]`,
  );
});
