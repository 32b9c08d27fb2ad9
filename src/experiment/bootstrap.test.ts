import { expect, test } from "vitest";
import { Key } from "#random";
import { Bootstrap } from "./bootstrap.ts";

const key = Key.of(7);
/** 400 users, every fourth a hit. */
const hits = Float64Array.from({ length: 400 }, (_, user) => Number(user % 4 === 0));

test("a mean's interval is as wide as the normal approximation says", () => {
  const { mean, low, high } = new Bootstrap([[[hits]]], 1000, key).interval(0, 0);
  expect(mean).toBe(0.25);
  // 1.96 · √(p (1 − p) / n) = 1.96 · √(0.25 · 0.75 / 400) = 0.0424; 1000 resamples place its ends to some 5 %.
  expect(mean - low).toBeGreaterThan(0.036);
  expect(mean - low).toBeLessThan(0.049);
  expect(high - mean).toBeGreaterThan(0.036);
  expect(high - mean).toBeLessThan(0.049);
});

test("a difference that every user shares is certain, however far users differ", () => {
  const better = hits.map((value) => value + 0.01);
  const { difference, low, high, p } = new Bootstrap([[[better]], [[hits]]], 1000, key).difference(0, 1, 0);
  expect(difference).toBeCloseTo(0.01, 12);
  expect(low).toBeCloseTo(0.01, 12);
  expect(high).toBeCloseTo(0.01, 12);
  expect(p).toBe(2 / 1001); // none of 1000 resamples was at or below 0
});

test("no difference is no difference", () => {
  const { difference, p } = new Bootstrap([[[hits]], [[hits]]], 200, key).difference(0, 1, 0);
  expect(difference).toBe(0);
  expect(p).toBe(1);
});

test("the order of two runs changes the sign and nothing else", () => {
  const other = hits.map((value, user) => (user % 7 === 0 ? 1 : value));
  const bootstrap = new Bootstrap([[[hits]], [[other]]], 500, key);
  const [there, back] = [bootstrap.difference(0, 1, 0), bootstrap.difference(1, 0, 0)];
  expect(back.difference).toBeCloseTo(-there.difference, 12);
  expect(back.p).toBe(there.p);
});

test("of several seeds the mean is the mean of theirs, and an interval holds what seeds differ by", () => {
  // Users that are all alike within a seed: nothing varies but the seed, and the means of drawn seeds run from .1 to .5.
  const flat = (value: number) => [new Float64Array(50).fill(value)];
  const { mean, low, high } = new Bootstrap([[flat(0.1), flat(0.3), flat(0.5)]], 1000, key).interval(0, 0);
  expect(mean).toBeCloseTo(0.3, 12);
  expect(low).toBeCloseTo(0.1, 12); // all three draws the same seed: 1 of 27, more than 2.5 %
  expect(high).toBeCloseTo(0.5, 12);
});

test("users that vary and seeds that do not leave the interval of one seed", () => {
  const once = new Bootstrap([[[hits]]], 500, key).interval(0, 0);
  const thrice = new Bootstrap([[[hits], [hits], [hits]]], 500, key).interval(0, 0);
  expect(thrice.mean).toBeCloseTo(once.mean, 12);
  expect(thrice.low).toBeCloseTo(once.low, 12);
  expect(thrice.high).toBeCloseTo(once.high, 12);
});

test("a difference that only one of two seeds shows is not certain", () => {
  const better = hits.map((value) => value + 0.1);
  const worse = hits.map((value) => value - 0.02);
  const sure = new Bootstrap([[[better]], [[hits]]], 1000, key).difference(0, 1, 0);
  const unsure = new Bootstrap([[[better], [worse]], [[hits]]], 1000, key).difference(0, 1, 0);
  expect(sure.p).toBe(2 / 1001);
  expect(unsure.difference).toBeCloseTo(0.04, 12);
  // Both draws fall on the worse seed in a quarter of the resamples: p is near twice that.
  expect(unsure.p).toBeGreaterThan(0.4);
  expect(unsure.p).toBeLessThan(0.6);
});

test("seeds of every model are drawn without touching which users are", () => {
  const other = hits.map((value, user) => (user % 7 === 0 ? 1 : value));
  const alone = new Bootstrap([[[hits]], [[other]]], 300, key).interval(0, 0);
  const beside = new Bootstrap([[[hits]], [[other], [hits]]], 300, key).interval(0, 0);
  expect(beside).toEqual(alone);
});
