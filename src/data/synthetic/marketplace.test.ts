import { expect, test } from "vitest";
import { Key, Stream } from "#random";
import { openMarketplace, pick } from "./marketplace.ts";

const market = openMarketplace(1200, Key.of(1));
const places = market.followWeights.length;
const listOf = (item: number) => [...market.followers.subarray(item * places, (item + 1) * places)];

test("titles are readable, ids and titles stand once, all twelve categories are there", () => {
  expect(market.rows.slice(0, 2)).toMatchInlineSnapshot(`
    [
      {
        "brand": "Nordwind",
        "category": "Running",
        "item": "running-001",
        "title": "Nordwind trail running shoes, blue",
      },
      {
        "brand": "Fleetfoot Lab",
        "category": "Running",
        "item": "running-002",
        "title": "Fleetfoot Lab trail running shoes, blue",
      },
    ]
  `);
  expect(new Set(market.rows.map((row) => row.item)).size).toBe(1200);
  expect(new Set(market.rows.map((row) => row.title)).size).toBe(1200);
  expect(new Set(market.rows.map((row) => row.category)).size).toBe(12);
});

test("even a large marketplace has no title twice, and the smallest has lists that are shorter, not wrong", () => {
  expect(new Set(openMarketplace(20_000, Key.of(1)).rows.map((row) => row.title)).size).toBe(20_000);
  const tiny = openMarketplace(20, Key.of(1));
  expect(tiny.followers.every((item) => item >= -1 && item < 20)).toBe(true);
});

test("a list has eight different items and never the item itself", () => {
  for (let item = 0; item < 1200; item++) {
    const list = listOf(item);
    expect(list).not.toContain(item);
    expect(new Set(list).size).toBe(8);
    expect(Math.min(...list)).toBeGreaterThanOrEqual(0);
  }
});

test("variants of one brand's kind share their list but for two places", () => {
  let [shared, compared] = [0, 0];
  const firstOf = new Map<string | undefined, number>();
  market.rows.forEach(({ title }, item) => {
    const line = title?.replace(/,[^,]*$/, "");
    const first = firstOf.get(line);
    firstOf.set(line, first ?? item);
    if (first === undefined) return;
    compared++;
    shared += listOf(item).filter((next, place) => next === listOf(first)[place]).length;
  });
  // Six of eight at most; now and then a shared draw falls on the variant itself or on its own item, and is drawn again.
  expect(shared / compared).toBeGreaterThan(5);
  expect(shared / compared).toBeLessThanOrEqual(6.2);
});

test("weights fall as r^-1.2 and sum to one", () => {
  expect(market.followWeights.reduce((sum, weight) => sum + weight)).toBeCloseTo(1);
  expect(market.followWeights[1] / market.followWeights[0]).toBeCloseTo(2 ** -1.2);
});

test("popularity has a long tail, and one item in sixteen comes late", () => {
  const sorted = market.popularity.toSorted().reverse();
  expect(sorted[0] / sorted[600]).toBeCloseTo((605 / 5) ** 0.7);
  const late = market.launchDay.filter((day) => day > 0);
  // 75 expected, standard deviation √(1200 · 15/256) = 8.4
  expect(Math.abs(late.length - 75)).toBeLessThan(34);
  expect(Math.min(...late)).toBeGreaterThanOrEqual(610);
});

test("the same key is the same marketplace, another key another one", () => {
  expect(openMarketplace(100, Key.of(7))).toEqual(openMarketplace(100, Key.of(7)));
  expect(openMarketplace(100, Key.of(8)).followers).not.toEqual(openMarketplace(100, Key.of(7)).followers);
});

test("a pick falls by weight, and never on nothing", () => {
  const stream = new Stream(Key.of(4));
  const counts = [0, 0, 0];
  for (let draw = 0; draw < 10_000; draw++) counts[pick([0, 3, 1], stream)]++;
  expect(counts[0]).toBe(0);
  expect(Math.abs(counts[1] - 7500)).toBeLessThan(4 * Math.sqrt((10_000 * 3) / 16));
});
