import { expect, test } from "vitest";
import { candidatesOf } from "./candidates.ts";
import { featureNames } from "./features.ts";

const kinds = { net: "logits", counts: "mass", quiet: "mass" } as const;
const statistics = {
  trend: Float32Array.of(1, 4, 2, 9, 1, 5),
  popularity: Float32Array.of(0, 10, 2, 30, 1, 7),
  age: Float32Array.of(0, 0.1, -0.2, 0.3, 0.4, -0.5),
};
/** Items 1 to 5 in the plane. */
const vectors = { dim: 2, data: Float32Array.of(0, 0, 1, 0, 0, 1, 3, 4, -1, 0, 1, 1) };
const options = {
  kinds,
  brief: ["quiet"],
  vectors,
  statistics,
  mixture: { weights: { net: 0.5, counts: 0.5, quiet: 0 }, prior: statistics.trend.map(Math.sqrt) },
  count: 3,
};
const probabilities = [0.1, 0.2, 0.3, 0.15, 0.25];
const said = () => ({
  net: Float32Array.of(50, ...probabilities.map(Math.log)), // padding is loud, and must not be heard
  counts: Float32Array.of(9, 4, 0, 1, 2, 1),
  quiet: Float32Array.of(0, 0, 0, 6, 2, 0),
});
const ofLast = () => ({ ...said(), counts: Float32Array.of(0, 0, 0, 3, 0, 1) });

const HISTORY = Int32Array.of(1, 2);
const { items, features } = candidatesOf(HISTORY, said(), ofLast(), options);
const names = featureNames(options);
const featureOf = (item: number, name: string) =>
  features[items.indexOf(item) * names.length + names.indexOf(name)] ?? Number.NaN;

test("shares and masses are over the items outside the history: 3, 4 and 5", () => {
  const share = 0.3 / (0.3 + 0.15 + 0.25);
  expect(featureOf(3, "log net")).toBeCloseTo(Math.log(share), 4);
  expect(featureOf(3, "root net")).toBeCloseTo(Math.sqrt(share), 5);
  expect(featureOf(3, "net mass")).toBeCloseTo(Math.log(0.7), 4);
  expect(featureOf(4, "net below its best")).toBeCloseTo(Math.log(0.15 / 0.3), 4); // its best is 3, nothing of the history
  expect(featureOf(5, "net best")).toBeCloseTo(Math.log(0.3), 3);
  expect(featureOf(4, "log counts")).toBeCloseTo(Math.log(2 / 4 + 1e-4), 5);
  expect(featureOf(4, "counts mass")).toBeCloseTo(Math.log(4 + 1e-3), 5);
  expect(featureOf(3, "log counts of last")).toBeCloseTo(Math.log(3 / 4 + 1e-4), 5);
  expect(featureOf(3, "root quiet")).toBeCloseTo(Math.sqrt(6 / 8), 5);
});

test("an expert that is read briefly has its log and its root, and nothing else", () => {
  expect(names.filter((name) => name.includes("quiet"))).toEqual(["log quiet", "root quiet"]);
});

test("the mix is the weighed sum of shares after the trend, divided by what they add up to", () => {
  const mixed = (item: number) => {
    const raised = (p: readonly number[], at: number) => p[at - 3] * Math.sqrt(statistics.trend[at]);
    const share = (p: readonly number[]) => raised(p, item) / (raised(p, 3) + raised(p, 4) + raised(p, 5));
    return 0.5 * share([0.3, 0.15, 0.25]) + 0.5 * share([1, 2, 1]);
  };
  for (const item of [3, 4, 5]) expect(featureOf(item, "mix")).toBeCloseTo(Math.log(mixed(item)), 4);
  const best = Math.max(...[3, 4, 5].map(mixed));
  expect(featureOf(4, "mix below its best")).toBeCloseTo(Math.log(mixed(4) / best), 4);
});

test("what little is known of an item's trend and popularity is clipped; age is the item's, and the mean of the history's", () => {
  expect(featureOf(4, "trend")).toBeCloseTo(Math.log(3), 5);
  expect(featureOf(3, "popularity")).toBeCloseTo(Math.log(30), 5);
  expect(featureOf(4, "popularity")).toBeCloseTo(Math.log(5), 5);
  expect(featureOf(5, "age")).toBeCloseTo(-0.5, 5);
  expect(featureOf(5, "age of history")).toBeCloseTo(-0.05, 5);
  expect(featureOf(5, "length")).toBeCloseTo(Math.log(2), 5);
  expect([featureOf(3, "repeat"), featureOf(2, "repeat")]).toEqual([0, 1]);
});

test("cosines are to the newest item, the best, and their mean that decays with age", () => {
  expect(featureOf(3, "cosine to last")).toBeCloseTo(0.8, 5); // (3, 4) against (0, 1); against (1, 0) it is 0.6
  expect(featureOf(3, "best cosine")).toBeCloseTo(0.8, 5);
  expect(featureOf(3, "mean cosine")).toBeCloseTo((0.8 + 0.7 * 0.6) / 1.7, 5);
  expect(featureOf(4, "best cosine")).toBeCloseTo(0, 5);
});
