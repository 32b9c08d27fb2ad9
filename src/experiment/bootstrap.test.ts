import { expect, test } from "vitest";
import { Key } from "#random";
import { Bootstrap } from "./bootstrap.ts";

const key = Key.of(7);
/** 400 users, every fourth a hit. */
const hits = Float64Array.from({ length: 400 }, (_, user) => Number(user % 4 === 0));

test("a mean's interval is as wide as the normal approximation says", () => {
  const { mean, low, high } = new Bootstrap([hits], 1000, key).interval(0);
  expect(mean).toBe(0.25);
  // 1.96 · √(p (1 − p) / n) = 1.96 · √(0.25 · 0.75 / 400) = 0.0424; 1000 resamples place its ends to some 5 %.
  expect(mean - low).toBeGreaterThan(0.036);
  expect(mean - low).toBeLessThan(0.049);
  expect(high - mean).toBeGreaterThan(0.036);
  expect(high - mean).toBeLessThan(0.049);
});

test("a difference that every user shares is certain, however far users differ", () => {
  const better = hits.map((value) => value + 0.01);
  const { difference, low, high, p } = new Bootstrap([better, hits], 1000, key).difference(0, 1);
  expect(difference).toBeCloseTo(0.01, 12);
  expect(low).toBeCloseTo(0.01, 12);
  expect(high).toBeCloseTo(0.01, 12);
  expect(p).toBe(2 / 1001); // none of 1000 resamples was at or below 0
});

test("no difference is no difference", () => {
  const { difference, p } = new Bootstrap([hits, hits], 200, key).difference(0, 1);
  expect(difference).toBe(0);
  expect(p).toBe(1);
});

test("the order of two runs changes the sign and nothing else", () => {
  const other = hits.map((value, user) => (user % 7 === 0 ? 1 : value));
  const bootstrap = new Bootstrap([hits, other], 500, key);
  const [there, back] = [bootstrap.difference(0, 1), bootstrap.difference(1, 0)];
  expect(back.difference).toBeCloseTo(-there.difference, 12);
  expect(back.p).toBe(there.p);
});
