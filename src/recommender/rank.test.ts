import { expect, test } from "vitest";
import type { Event } from "#base";
import { Catalogue } from "#data";
import { Key } from "#random";
import { boosts, byAttributes, where } from "#retrieval";
import type { Profile, Ranker } from "./contract.ts";
import { type ListOptions, recommend, recommendAll } from "./rank.ts";
import type { Pipeline } from "./scores.ts";

const catalogue = new Catalogue(["a", "b", "c", "d", "e"].map((item) => ({ item })));
const popularity = Float32Array.of(0, 4, 1, 9, 2, 4);
const options: ListOptions = { topK: 3, maskHistory: true };

/** Scores item i by i + the newest item of the history, the padding column highest of all. */
function countingRanker(scoreOf = (item: number, newest: number) => item + newest): Ranker<number> {
  return {
    encode: async (profiles) => profiles.map(({ history }) => history[history.length - 1]),
    score: async (states) => ({
      counting: Float32Array.from(states.flatMap((newest) => [99, ...[1, 2, 3, 4, 5].map((i) => scoreOf(i, newest))])),
    }),
    [Symbol.asyncDispose]: async () => {},
  };
}

const pipeline: Pipeline = { ranker: countingRanker(), catalogue, popularity, key: Key.of(1) };
const profile = (...history: number[]): Profile => ({ history: Int32Array.from(history) });

test("the best items come first, without padding, history and exclusions, and the exclusions are counted", async () => {
  const answer = await recommend({ ...pipeline, ...options, profile: profile(2, 5, 2), exclude: [3, 5] });
  expect(answer).toEqual({
    items: [
      { index: 4, score: 6 }, // 4 + newest 2
      { index: 1, score: 3 },
    ],
    cold: false,
    excluded: { history: 2, where: 0, exclude: 1 }, // 2 and 5 stand in the history, so that 3 is what exclude adds
  });
});

test("without masking, items of the history may be recommended again", async () => {
  const answer = await recommend({ ...pipeline, topK: 2, maskHistory: false, profile: profile(2, 5) });
  expect(answer.items.map(({ index }) => index)).toEqual([5, 4]);
  expect(answer.excluded).toEqual({ history: 0, where: 0, exclude: 0 });
});

test("an empty history is answered with popular items, marked cold, and exclusions hold there too", async () => {
  const answer = await recommend({ ...pipeline, ...options, profile: profile(), exclude: [1] });
  expect(answer.cold).toBe(true);
  expect(answer.items).toEqual([
    { index: 3, score: 9 },
    { index: 5, score: 4 },
    { index: 4, score: 2 },
  ]);
});

test("cold and warm profiles in one call each get what they would get alone", async () => {
  const profiles = [profile(), profile(1), profile(), profile(2, 5)];
  const together = await recommendAll({ ...pipeline, ...options, profiles });
  const alone = await Promise.all(profiles.map((one) => recommend({ ...pipeline, ...options, profile: one })));
  expect(together).toEqual(alone);
});

test("topK above the catalogue returns all that is left, with a warning", async () => {
  const events: Event[] = [];
  const answer = await recommend({
    ...pipeline,
    topK: 50,
    maskHistory: true,
    profile: profile(2),
    emit: (event) => events.push(event),
  });
  expect(answer.items.map(({ index }) => index)).toEqual([5, 4, 3, 1]);
  expect(events).toMatchInlineSnapshot(`
    [
      {
        "text": "topK 50 is above the 5 items of the catalogue: all are ranked.",
        "type": "warning",
      },
    ]
  `);
});

test("an item the model does not generate is never listed", async () => {
  const ranker = countingRanker((item) => (item === 5 ? -Infinity : item));
  const answer = await recommend({ ...pipeline, ranker, topK: 5, maskHistory: false, profile: profile(1) });
  expect(answer.items.map(({ index }) => index)).toEqual([4, 3, 2, 1]);
});

test("what cannot be answered says who, expected, got and what to do", async () => {
  const ask = (change: Partial<Pipeline & ListOptions>, history: number[] = [1]) =>
    recommend({ ...pipeline, ...options, ...change, profile: profile(...history) });
  await expect(ask({ topK: 0 })).rejects.toThrowErrorMatchingInlineSnapshot(
    `[ConfigError: topK = 0: expected a whole number from 1 up, the length of the list.]`,
  );
  await expect(ask({ topK: 2.5 })).rejects.toThrow("topK = 2.5");
  await expect(ask({}, [7, 9])).rejects.toThrowErrorMatchingInlineSnapshot(
    `[DataError: history: item index 7 is not in the catalogue of 5 items. Expected indices from 1 to 5; leave out items the model was not trained on.]`,
  );
  await expect(ask({ exclude: [0] })).rejects.toThrowErrorMatchingInlineSnapshot(
    `[DataError: exclude: item index 0 is not in the catalogue of 5 items. Expected indices from 1 to 5; leave out items the model was not trained on.]`,
  );
  await expect(ask({ ranker: countingRanker(() => Number.NaN) })).rejects.toThrowErrorMatchingInlineSnapshot(
    `[CheckpointError: the model's scores are not numbers (NaN). Its training diverged or its weights are damaged; train again, with a lower learning rate if it diverges again.]`,
  );
  const short: Ranker = { ...countingRanker(), score: async () => ({ counting: new Float32Array(5) }) };
  await expect(ask({ ranker: short })).rejects.toThrowErrorMatchingInlineSnapshot(
    `[Error: internal: the expert "counting" returned 5 scores; expected B × (N + 1) = 6, one a profile and item.]`,
  );
});

const described = new Catalogue(
  ["a", "b", "c", "d", "e"].map((item, at) => ({ item, brand: at % 2 === 0 ? "odd" : "even" })),
);

test("a condition takes out before the list is cut, and each item counts for the first rule that takes it out", async () => {
  const request = { ...pipeline, ...options, profile: profile(2), topK: 2 };
  const only = await recommend({ ...request, where: where("brand = 'odd'", described) }); // items 1, 3, 5
  expect(only.items.map(({ index }) => index)).toEqual([5, 3]);
  expect(only.excluded).toEqual({ history: 1, where: 1, exclude: 0 }); // 2 is history's, 4 is where's
  const both = await recommend({ ...request, where: where("brand = 'odd'", described), exclude: [4, 5, 2] });
  expect(both.items.map(({ index }) => index)).toEqual([3, 1]);
  expect(both.excluded).toEqual({ history: 1, where: 1, exclude: 1 });
});

test("a boost works in the units of the scores: logits unless the ranker says otherwise, counts for cold profiles", async () => {
  const boost = boosts("item = 'a' : 100", described);
  const request = { ...pipeline, ...options, topK: 1, boost, maskHistory: false };
  const [warm, cold] = await recommendAll({ ...request, profiles: [profile(2), profile()] });
  expect(warm.items).toEqual([{ index: 1, score: Math.fround(3 + Math.log(100)) }]);
  expect(cold.items).toEqual([{ index: 1, score: 400 }]);
  const counts: Ranker<number> = { ...countingRanker(), experts: { counting: "mass" } };
  const answer = await recommend({ ...request, ranker: counts, profile: profile(2) });
  expect(answer.items).toEqual([{ index: 1, score: 300 }]);
});

test("diversity chooses from what rules leave", async () => {
  const similarity = byAttributes(described) ?? expect.fail();
  const list = async (share: number) => {
    const diversity = { share, similarity };
    const { items } = await recommend({ ...pipeline, ...options, profile: profile(1), exclude: [4], diversity });
    return items.map(({ index }) => index);
  };
  expect(await list(0)).toEqual([5, 3, 2]);
  expect(await list(1)).toEqual([5, 2, 3]);
  await expect(list(2)).rejects.toThrow("diversity = 2: expected a number from 0");
});

test("several experts that do not say what they are cannot rank, and say so; those that do rank by the first one", async () => {
  const one = Float32Array.of(0, 1, 2, 3, 4, 5);
  const score = async () => ({ rising: one.slice(), falling: one.map((value) => -value) });
  const unnamed: Ranker<number> = { ...countingRanker(), score };
  const asked = { ...options, profile: profile(2) };
  await expect(recommend({ ...pipeline, ...asked, ranker: unnamed })).rejects.toThrow(
    "internal: a ranker with several experts does not say what they are.",
  );
  const named: Ranker<number> = { ...unnamed, experts: { falling: "logits", rising: "logits" } };
  const { items } = await recommend({ ...pipeline, ...asked, ranker: named });
  expect(items.map(({ index }) => index)).toEqual([1, 3, 4]);
});
