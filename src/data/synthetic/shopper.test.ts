import { expect, test } from "vitest";
import { Key } from "#random";
import { DAY, OPENING, openMarketplace } from "./marketplace.ts";
import { drawTaste, NextItem } from "./shopper.ts";

const market = openMarketplace(240, Key.of(2));
const size = market.rows.length;
const taste = drawTaste(market.brands, Key.of(3));
const noon = OPENING + 200.5 * DAY;

function after(history: number[], timestamp = noon, progress = 0.5): Float64Array {
  const next = new NextItem(market);
  const owned = new Uint8Array(size);
  for (const item of history) owned[item] = 1;
  expect(next.compute(history, owned, taste, timestamp, progress)).toBe(true);
  return next.probabilities;
}

const usedUp = market.usedUp.indexOf(1);
const lasting = [...market.usedUp.keys()].filter((item) => market.usedUp[item] === 0 && market.launchDay[item] === 0);

test("it is a distribution: over what can be had, owned things only if they are used up", () => {
  const history = [lasting[0], usedUp, lasting[3], lasting[5]];
  const probabilities = after(history);
  expect(probabilities.reduce((sum, p) => sum + p)).toBeCloseTo(1, 12);
  for (const item of [lasting[0], lasting[3], lasting[5]]) expect(probabilities[item]).toBe(0);
  expect(probabilities[usedUp]).toBeCloseTo(0.08, 12);
  market.launchDay.forEach((day, item) => {
    if (day > 200.5) expect(probabilities[item]).toBe(0);
  });
});

/** The formula again, with one list of items a part: slow and plain. */
function twin(history: number[], day: number, progress: number): number[] {
  const free = (item: number) => !history.includes(item) && market.launchDay[item] <= day;
  const everything = [...Array(size).keys()].filter(free);
  const places = market.followWeights.length;
  const followers = (item: number) =>
    [...market.followWeights.entries()]
      .map(([place, weight]) => ({ item: market.followers[item * places + place], weight }))
      .filter((next) => next.item >= 0 && free(next.item));
  const peaks = [5, 8, 7, 6, 11, 12, 4, 1, 9, 10, 3, 2]; // words.ts, by category
  const season = (c: number) => 1 + 0.8 * Math.cos((2 * Math.PI * (day - ((peaks[c] - 0.5) / 12) * 365)) / 365);
  const liking = (item: number) => {
    const c = market.categoryOf[item];
    const category = (1 - progress) * taste.first[c] + progress * taste.last[c];
    return category * season(c) * taste.brands[market.brandOf[item]] * market.popularity[item];
  };
  const again = [...new Set(history)]
    .filter((item) => market.usedUp[item] === 1 && item !== history.at(-1))
    .map((item) => ({ item, weight: 0.8 ** (history.length - 2 - history.lastIndexOf(item)) }));
  const parts = [
    { share: 0.55, of: followers(history[history.length - 1]) },
    { share: 0.18, of: followers(history[history.length - 2]) },
    { share: 0.14, of: everything.map((item) => ({ item, weight: liking(item) })) },
    { share: 0.05, of: everything.map((item) => ({ item, weight: market.popularity[item] })) },
    { share: 0.08, of: again },
  ].filter(({ of }) => of.length > 0);
  const shares = parts.reduce((sum, { share }) => sum + share, 0);
  const probabilities = Array(size).fill(0);
  for (const { share, of } of parts) {
    const total = of.reduce((sum, { weight }) => sum + weight, 0);
    for (const { item, weight } of of) probabilities[item] += ((share / shares) * weight) / total;
  }
  return probabilities;
}

test("it is the mixture it says, worked out the plain way", () => {
  for (const history of [
    [lasting[0], lasting[9]],
    [usedUp, lasting[4], usedUp, lasting[8], lasting[2]],
    [lasting[1], usedUp],
  ]) {
    const expected = twin(history, 200.5, 0.25);
    after(history, noon, 0.25).forEach((p, item) => {
      expect(p).toBeCloseTo(expected[item], 12);
    });
  }
});

test("order matters: the last item leads, and exchanging the last two changes the favourite", () => {
  const [a, b] = [lasting[0], lasting[120]];
  const favourite = (p: Float64Array) => p.indexOf(Math.max(...p));
  expect(favourite(after([a, b]))).not.toBe(favourite(after([b, a])));
});

test("seasons turn: a category sells better in its month than half a year away", () => {
  const garden = (timestamp: number) =>
    after([], timestamp).reduce((sum, p, item) => sum + (market.rows[item].category === "Garden" ? p : 0), 0);
  const april = OPENING + 105 * DAY;
  expect(garden(april)).toBeGreaterThan(2 * garden(april + 182 * DAY));
});

test("tastes drift from the first pair of categories to the second", () => {
  const share = (category: number, progress: number) =>
    after([], noon, progress).reduce((sum, p, item) => sum + (market.categoryOf[item] === category ? p : 0), 0);
  const left = taste.first.findIndex((weight, at) => weight > taste.last[at]);
  const found = taste.last.findIndex((weight, at) => weight > taste.first[at]);
  expect(share(left, 1)).toBeLessThan(share(left, 0));
  expect(share(found, 1)).toBeGreaterThan(share(found, 0));
});

test("who owns everything that lasts and has used nothing up can have nothing", () => {
  const next = new NextItem(market);
  expect(next.compute([lasting[0]], new Uint8Array(size).fill(1), taste, noon, 0)).toBe(false);
});
