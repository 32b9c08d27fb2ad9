import { expect, test } from "vitest";
import { Catalogue } from "#data";
import { Key, Stream } from "#random";
import { byVectors, where } from "#retrieval";
import type { Profile, Ranker } from "./contract.ts";
import { Lists } from "./lists.ts";
import { type ListOptions, recommendAll } from "./rank.ts";
import type { Pipeline } from "./scores.ts";

const ITEMS = 500;
const DIM = 6;
const cpu = { device: "cpu", threads: 1 } as const;
const stream = new Stream(Key.of(5));
const data = Float32Array.from({ length: (ITEMS + 1) * DIM }, () => stream.uniform() - 0.5);
const catalogue = new Catalogue(
  Array.from({ length: ITEMS }, (_, at) => ({ item: `${at}`, category: at % 7 === 0 ? "rare" : "common" })),
);

/** A profile's query is the sum of its items' vectors. */
const ranker: Ranker<Float32Array> = {
  encode: async (profiles) =>
    profiles.map(({ history }) =>
      Float32Array.from({ length: DIM }, (_, at) => history.reduce((sum, item) => sum + data[item * DIM + at], 0)),
    ),
  score: async (states) => ({
    all: Float32Array.from(
      states.flatMap((query) =>
        Array.from({ length: ITEMS + 1 }, (_, row) => query.reduce((sum, x, at) => sum + x * data[row * DIM + at], 0)),
      ),
    ),
  }),
  products: {
    queries: (states) => Float32Array.from(states.flatMap((state) => [...state])),
    table: async () => ({ data, dim: DIM }),
  },
  [Symbol.asyncDispose]: async () => {},
};
const pipeline: Pipeline = { ranker, catalogue, popularity: new Float32Array(ITEMS + 1).fill(1), key: Key.of(1) };
const profiles: Profile[] = [3, 0, 20, 1, 300].map((length) => ({
  history: Int32Array.from({ length }, () => 1 + stream.below(ITEMS)),
}));

const RULES: readonly (readonly [string, Partial<ListOptions>])[] = [
  ["nothing else", {}],
  ["a history that may come again", { maskHistory: false }],
  ["items that are out", { exclude: [1, 2, 3, 499, 500] }],
  ["a condition that few meet", { where: where("category = 'rare'", catalogue), exclude: [1] }],
  ["a condition that fewer meet than the list is long", { where: where("item < 3 and item > 0", catalogue) }],
  ["a condition that nothing meets", { where: where("item = 'none'", catalogue) }],
];

test.each(RULES)("lists that are searched for are those that are cut out of all scores: %s", async (_, rules) => {
  const request = { ...pipeline, topK: 10, maskHistory: true, ...rules };
  await using lists = await Lists.open(request, cpu);
  const [searched, cut] = [await lists.of(profiles), await recommendAll({ ...request, profiles })];
  searched.forEach(({ items, cold }, at) => {
    expect(cold).toBe(cut[at].cold);
    expect(items.map(({ index }) => index)).toEqual(cut[at].items.map(({ index }) => index));
    items.forEach(({ score }, place) => {
      expect(score).toBeCloseTo(cut[at].items[place].score, 5);
    });
  });
});

test("what needs all scores is not searched for", async () => {
  const request = { ...pipeline, topK: 10, maskHistory: true };
  const searches = async (more: Partial<Pipeline & ListOptions>) => {
    await using lists = await Lists.open({ ...request, ...more }, cpu);
    return lists.searches;
  };
  expect(await searches({})).toBe(true);
  expect(await searches({ boost: { items: Int32Array.of(1), factors: Float64Array.of(2) } })).toBe(false);
  expect(await searches({ diversity: { share: 0.5, similarity: byVectors({ data, dim: DIM }) } })).toBe(false);
  expect(await searches({ ranker: { ...ranker, products: undefined } })).toBe(false);
});
