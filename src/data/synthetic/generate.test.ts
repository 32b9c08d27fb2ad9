import { beforeAll, expect, test } from "vitest";
import { Key } from "#random";
import { Histories } from "../histories.ts";
import { leaveTwoOut } from "../split/leave-two-out.ts";
import type { Split } from "../split/split.ts";
import { openLog, type Shopper } from "./generate.ts";
import { DAY, OPENING, openMarketplace } from "./marketplace.ts";
import { drawTaste, NextItem } from "./shopper.ts";

const USERS = 1500;
const ITEMS = 240;
const log = openLog({ users: USERS, items: ITEMS, seed: 1 });
let shoppers: Shopper[];
let split: Split;
let best: number;
beforeAll(() => {
  shoppers = [...log.shoppers()];
  split = leaveTwoOut(Histories.from(shoppers.map(({ items }) => items.map((item) => item + 1))));
  best = log.bestReachable().test.masked["NDCG@10"];
});

/** NDCG@10 of scores by catalogue index, history masked, ties against the target. */
function ndcg(score: (history: Int32Array, out: Float64Array) => void): number {
  let total = 0;
  for (let k = 0; k < split.test.count; k++) {
    const history = split.test.historyOf(k);
    const scores = new Float64Array(ITEMS + 1);
    score(history, scores);
    const seen = new Set(history);
    const target = split.test.targets[k];
    if (seen.has(target)) continue;
    let rank = 0;
    for (let item = 1; item <= ITEMS; item++) if (!seen.has(item) && scores[item] >= scores[target]) rank++;
    if (rank <= 10) total += 1 / Math.log2(rank + 1);
  }
  return total / split.test.count;
}

/** How often each item followed each in training: the plainest model of order. */
function countPairs(): Float64Array {
  const counts = new Float64Array((ITEMS + 1) ** 2);
  for (let user = 0; user < split.train.users; user++) {
    const items = split.train.of(user);
    for (let at = 1; at < items.length; at++) counts[items[at - 1] * (ITEMS + 1) + items[at]]++;
  }
  return counts;
}

test("what is likeliest by the truth is what was drawn: as often as it says", () => {
  // Every purchase of 300 shoppers again: the hits of the favourite against the sum of its probabilities.
  const market = openMarketplace(ITEMS, Key.of(1).fold("marketplace").fold("market"));
  const next = new NextItem(market);
  let [hits, expected, variance] = [0, 0, 0];
  for (let user = 0; user < 300; user++) {
    const { items, timestamps } = shoppers[user];
    const taste = drawTaste(market.brands, Key.of(1).fold("marketplace").fold("shopper").fold(user).fold("taste"));
    const owned = new Uint8Array(ITEMS);
    items.forEach((item, step) => {
      next.compute(items.slice(0, step), owned, taste, timestamps[step], step / (items.length - 1));
      const favourite = Math.max(...next.probabilities);
      hits += Number(next.probabilities[item] === favourite);
      expected += favourite;
      variance += favourite * (1 - favourite);
      owned[item] = 1;
    });
  }
  expect(Math.abs(hits - expected)).toBeLessThan(4 * Math.sqrt(variance));
});

test("lengths are 5 to 60 with a mean near 15, times ascend within two years", () => {
  const lengths = shoppers.map(({ items }) => items.length);
  expect(Math.min(...lengths)).toBe(5);
  expect(Math.max(...lengths)).toBeLessThanOrEqual(60);
  const mean = lengths.reduce((sum, length) => sum + length) / USERS;
  expect(mean).toBeGreaterThan(13.5); // 15 less what the cut at 60 takes; standard error 10.5 / √1500 = .27
  expect(mean).toBeLessThan(16);
  for (const { timestamps } of shoppers) {
    expect(timestamps.every((time, at) => at === 0 || time >= timestamps[at - 1])).toBe(true);
    expect(timestamps[0]).toBeGreaterThanOrEqual(OPENING);
    expect(timestamps.at(-1)).toBeLessThan(OPENING + 731 * DAY);
  }
});

test("one purchase in sixteen is a repeat, and only of what is used up", () => {
  let [repeats, purchases] = [0, 0];
  for (const { items } of shoppers) {
    purchases += items.length;
    items.forEach((item, step) => {
      if (!items.slice(0, step).includes(item)) return;
      repeats++;
      expect(log.market.usedUp[item]).toBe(1);
    });
  }
  // .08 at most, less the first steps, in which there is nothing to buy again.
  expect(repeats / purchases).toBeGreaterThan(0.05);
  expect(repeats / purchases).toBeLessThan(0.08);
});

test("popularity reaches less than a third of what is reachable", () => {
  const counts = new Float64Array(ITEMS + 1);
  for (let user = 0; user < split.train.users; user++) for (const item of split.train.of(user)) counts[item]++;
  expect(ndcg((_, out) => out.set(counts))).toBeLessThan(0.3 * best);
});

test("what followed the last item reaches most of it, but not all; what followed the first item little", () => {
  const pairs = countPairs();
  const following = (item: number) => pairs.subarray(item * (ITEMS + 1), (item + 1) * (ITEMS + 1));
  const byLast = ndcg((history, out) => out.set(following(history[history.length - 1])));
  const byFirst = ndcg((history, out) => out.set(following(history[0])));
  expect(byLast).toBeGreaterThan(0.6 * best);
  expect(byLast).toBeLessThan(best);
  expect(byFirst).toBeLessThan(0.4 * byLast);
});

test("the same seed is the same log, another seed another", () => {
  const first = (seed: number) => openLog({ users: 1, items: ITEMS, seed }).shoppers().next().value?.items;
  expect(first(1)).toEqual(shoppers[0].items);
  expect(first(2)).not.toEqual(shoppers[0].items);
});

test("shoppers do not depend on how many there are", () => {
  expect([...openLog({ users: 3, items: ITEMS, seed: 1 }).shoppers()]).toEqual(shoppers.slice(0, 3));
});
