import { expect, test } from "vitest";
import { silent } from "#base";
import { Catalogue, Histories } from "#data";
import { Key, Stream } from "#random";
import { countInteractions } from "#retrieval";
import { float32 } from "#tensor";
import { fitted } from "../../../test/suites/fitted.ts";
import type { Context, Ranker, Recommender } from "../contract.ts";
import { candidatesOf } from "./candidates.ts";
import { featureNames } from "./features.ts";
import { reranked } from "./reranked.ts";
import { statisticsOf } from "./statistics.ts";

const ITEMS = 60;
const context: Context = { runtime: { device: "cpu", threads: 1 }, emit: silent, memoryBytes: 1e9 };
const stream = new Stream(Key.of(2).fold("reranked"));

/** Item i is followed by i + 1 or i + 7; the base thinks both equally likely, and only the rarer one is ever right. */
const histories = Histories.from(
  Array.from({ length: 160 }, () => {
    const first = 1 + stream.below(ITEMS);
    return Array.from({ length: 5 }, (_, at) => ((first - 1 + at * 7) % ITEMS) + 1);
  }),
);
const catalogue = new Catalogue(Array.from({ length: ITEMS }, (_, at) => ({ item: `${at + 1}` })));
const data = { histories, catalogue, shard: { rank: 0, size: 1 } };
const seen: number[] = [];

const base: Recommender<Int32Array> = {
  stages: [
    {
      kind: "computed",
      name: "words",
      catalogueOnly: true,
      compute: async () => ({ arrays: { words: float32([7], [1]) } }),
    },
    {
      kind: "computed",
      name: "counts",
      compute: async (view) => {
        seen.push(view.histories.interactions);
        const counts = countInteractions(view.histories, ITEMS);
        return { arrays: { counts: float32(counts, [counts.length]) } };
      },
    },
  ],
  open: async (earlier): Promise<Ranker<Int32Array>> => ({
    ...(earlier.words.arrays.words.data[0] === 7 && {}), // throws where a fit did not get what all fits share
    experts: { next: "mass", seventh: "mass" },
    encode: async (profiles) => profiles.map(({ history }) => history),
    score: async (states) => {
      const after = (gap: number) =>
        Float32Array.from(
          states.flatMap((history) => {
            const item = ((history[history.length - 1] - 1 + gap) % ITEMS) + 1;
            return Array.from({ length: ITEMS + 1 }, (_, index) => (index === item ? 1 : 0.01));
          }),
        );
      return { next: after(1), seventh: after(7) };
    },
    [Symbol.asyncDispose]: async () => {},
  }),
};

const model = reranked(base as Recommender, {
  candidates: 20,
  nets: 2,
  hidden: 16,
  epochs: 60,
  brief: ["next"],
  folds: 2,
  targets: 2,
});

test("with too few histories the base answers as it is, and is fitted once", async () => {
  const least = { candidates: 20, nets: 2, hidden: 16, epochs: 60, leastLists: 161, folds: 1, targets: 1 };
  const small = reranked(base as Recommender, least);
  seen.length = 0;
  const earlier = await fitted(small, data);
  expect(Object.keys(earlier)).toEqual(["words", "counts", "statistics"]);
  expect(small.stages.find(({ name }) => name === "reranker")?.skip?.(data)).toContain("takes 161 and finds 160");
  expect(seen).toEqual([800]);
  await using ranker = await small.open(earlier, catalogue, context);
  expect(Object.keys(ranker.experts ?? {})).toEqual(["next", "seventh"]);
  seen.length = 0;
});

test("it learns which of the base's experts is right, from a base that had not seen the answer", async () => {
  const earlier = await fitted(model, data);
  expect(Object.keys(earlier)).toEqual([
    "words", // once, before both fits
    "inner-1-counts",
    "inner-1-statistics",
    "inner-2-counts",
    "inner-2-statistics",
    "mixture",
    "reranker",
    "counts",
    "statistics",
  ]);
  expect(seen).toEqual([160, 160, 0].map((withheld) => histories.interactions - withheld)); // each user's last two once
  await using ranker = await model.open(earlier, catalogue, context);
  const asked = [Int32Array.of(3, 10), Int32Array.of(40, 47, 54)];
  const states = await ranker.encode(
    asked.map((history) => ({ history })),
    Key.of(1),
  );
  const { reranked: scores } = await ranker.score(states);
  asked.forEach((history, row) => {
    const own = scores.subarray(row * (ITEMS + 1) + 1, (row + 1) * (ITEMS + 1));
    const best = own.indexOf(Math.max(...own)) + 1;
    expect(best).toBe(((history[history.length - 1] - 1 + 7) % ITEMS) + 1);
  });
  const item = ((10 - 1 + 7) % ITEMS) + 1;
  const [told, masked] = (await ranker.contributions?.(states[0], Int32Array.of(item, 99))) ?? [];
  expect(told.find(({ source }) => source === "seventh")?.gain).toBeGreaterThan(0.5); // the expert that is right
  expect(masked).toEqual([]); // no candidate
  const { reranked: some } = await ranker.score(states, Int32Array.of(17, 5));
  expect([...some]).toEqual([scores[17], scores[5], scores[ITEMS + 1 + 17], scores[ITEMS + 1 + 5]]);
});

test("candidates are the best of the mix beside the history's own items, and everything else keeps its order", () => {
  const statistics = { ...statisticsOf(histories, ITEMS), trend: new Float32Array(ITEMS + 1).fill(1) };
  const scores = (peak: number) =>
    Float32Array.from({ length: ITEMS + 1 }, (_, item) => (item === peak ? 5 : 1 / (item + 1)));
  const kinds = { a: "mass", b: "logits" } as const;
  const { items, fresh, features, mixed } = candidatesOf(
    Int32Array.of(2, 9),
    { a: scores(30), b: scores(40).map(Math.log) },
    { a: scores(30), b: scores(40).map(Math.log) },
    { kinds, mixture: { weights: { a: 1, b: 0 }, prior: statistics.trend }, statistics, count: 4 },
  );
  expect([...items]).toEqual([30, 1, 3, 4, 9, 2]); // 2 stands in the history; its items come last, newest first
  expect(fresh).toBe(4);
  expect(features).toHaveLength(6 * featureNames({ kinds }).length);
  expect(mixed[30]).toBeCloseTo(
    5 / scores(30).reduce((sum, value, item) => sum + (item === 0 || item === 2 || item === 9 ? 0 : value), 0),
    5,
  );
});

test("age is above 0 for what people take late, below for what they begin with", () => {
  const { age } = statisticsOf(Histories.from(Array.from({ length: 50 }, () => [1, 2, 3, 4])), 4);
  expect(age[1]).toBeCloseTo(Math.log((50 / 8 + 2) / (50 + 2)), 5);
  expect(age[4]).toBeCloseTo(-age[1], 5);
});
