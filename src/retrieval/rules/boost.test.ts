import { expect, test } from "vitest";
import { Catalogue } from "#data";
import { applyBoosts, boosts } from "./boost.ts";

const catalogue = new Catalogue([
  { item: "a", brand: "Nordwind", category: "boots" },
  { item: "b", brand: "Nordwind" },
  { item: "c", category: "boots" },
  { item: "d" },
]);

test("an item's boosts multiply, the others stay what they are", () => {
  const { items, factors } = boosts("brand = 'Nordwind' : 3, category = 'boots' : 0.5", catalogue);
  expect([...items]).toEqual([1, 2, 3]);
  expect([...factors]).toEqual([1.5, 3, 0.5]);
  const given = [
    { where: "brand = 'Nordwind'", factor: 3 },
    { where: "category = 'boots'", factor: 0.5 },
  ];
  expect(boosts(given, catalogue)).toEqual({ items, factors });
});

test("masses are multiplied", () => {
  const scores = Float32Array.of(-Infinity, 2, 0, -Infinity, 5);
  applyBoosts(scores, boosts("item < 'd' : 4", catalogue), "mass");
  expect([...scores]).toEqual([-Infinity, 8, 0, -Infinity, 5]);
});

test("logits rise so that the softmax odds are multiplied, wherever their zero lies", () => {
  for (const shift of [-7, 0, 30]) {
    const scores = Float32Array.of(-Infinity, -1 + shift, 2 + shift, 0.5 + shift, shift);
    const odds = (i: number, j: number) => Math.exp(scores[i] - scores[j]);
    const before = [odds(1, 4), odds(2, 1)];
    applyBoosts(scores, boosts("brand = 'Nordwind' : 4", catalogue), "logits");
    expect(odds(1, 4) / before[0]).toBeCloseTo(4, 4); // boosted against not
    expect(odds(2, 1) / before[1]).toBeCloseTo(1, 4); // boosted against boosted
    expect(scores[3]).toBe(Math.fround(0.5 + shift));
  }
});

test("factors that are none are refused", () => {
  expect(() => boosts("item = 'a' : -2", catalogue)).toThrowErrorMatchingInlineSnapshot(
    `[ConfigError: boost: the factor -2 is not above 0. Expected 2 (twice as much) or 0.5 (half).]`,
  );
  expect(() => boosts([{ where: "itm = 'a'", factor: 2 }], catalogue)).toThrow('boost: column 1: unknown field "itm"');
  expect(() => boosts([{ where: "item = 'a'", factor: Number.NaN }], catalogue)).toThrow(
    "the factor NaN is not above 0",
  );
});
