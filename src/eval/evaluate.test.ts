import { expect, test } from "vitest";
import type { Event } from "#base";
import { Catalogue, Histories, leaveTwoOut } from "#data";
import { Key, Stream } from "#random";
import type { Ranker } from "#recommender";
import { type EvaluationRequest, evaluate, type ListListener } from "./evaluate.ts";

const ITEMS = 6;
const catalogue = new Catalogue(Array.from({ length: ITEMS }, (_, at) => ({ item: `item ${at + 1}` })));
const popularity = Float32Array.of(0, 6, 5, 4, 3, 2, 1);

/** Scores by a function of the whole history, so that a test can plan every rank. */
function planned(scoreOf: (item: number, history: Int32Array) => number): Ranker<Int32Array> {
  return {
    encode: async (profiles) => profiles.map(({ history }) => history),
    score: async (states) => ({
      planned: Float32Array.from(
        states.flatMap((history) => Array.from({ length: ITEMS + 1 }, (_, item) => scoreOf(item, history))),
      ),
    }),
    [Symbol.asyncDispose]: async () => {},
  };
}

/** Test targets 4, 6 and 2 after histories (1 2 3), (3 5) and (2 4 2). */
const { test: targets, train } = leaveTwoOut(
  Histories.from([
    [1, 2, 3, 4],
    [3, 5, 6],
    [2, 4, 2, 2],
  ]),
);

function request(change: Partial<EvaluationRequest> = {}): EvaluationRequest {
  const ranker = planned((item) => -item); // item 1 is always best
  return { ranker, catalogue, popularity, key: Key.of(1), targets, train, topK: [1, 3], maskHistory: true, ...change };
}

test("every figure of three users, worked out by hand, history masked", async () => {
  const result = await evaluate(request());
  // user 0: left 4 5 6, target 4 → rank 1 · user 1: left 1 2 4 6, target 6 → rank 4 · user 2: target 2 is in its history
  expect([...result.ranks]).toEqual([1, 4, Number.POSITIVE_INFINITY]);
  expect([...result.userRows]).toEqual([0, 1, 2]);
  const { metrics } = result;
  expect(Object.fromEntries(Object.entries(metrics).filter(([name]) => !/novelty|ILD/.test(name)))).toEqual({
    "HR@1": 1 / 3,
    "HR@3": 1 / 3,
    "NDCG@1": 1 / 3,
    "NDCG@3": 1 / 3,
    "recall@1": 1 / 3,
    "recall@3": 1 / 3,
    "precision@1": 1 / 3,
    "precision@3": 1 / 9,
    MRR: (1 + 1 / 4 + 0) / 3,
    "coverage@1": 2 / 6, // lists lead with 4, 1, 1
    "coverage@3": 6 / 6, // 4 5 6 · 1 2 4 · 1 3 5
    "Gini@1": (3 * 1 + 5 * 2) / (6 * 3), // exposures 0 0 0 0 1 2, weights −5 −3 −1 1 3 5
    "Gini@3": (-5 - 3 - 1 + 2 * (1 + 3 + 5)) / (6 * 9), // 1 1 1 2 2 2
    "shortHead@1": 2 / 3, // two of six items: 2, and the first of the others, 1
    "shortHead@3": 3 / 9,
  });
  // Trained on are (1 2), (3) and (2 4): five interactions, two of them with item 2, whose list is 1 2 4.
  expect(metrics["novelty@1"]).toBeCloseTo(Math.log2(5), 12);
  expect(metrics["novelty@3"]).toBeCloseTo((9 * Math.log2(5) - 1) / 9, 12);
  // Of all listed pairs only 1 and 2, and 2 and 4, share a user, one of item 2's two.
  expect(metrics["ILD@3"]).toBeCloseTo((1 + (1 - (2 * Math.SQRT1_2) / 3) + 1) / 3, 12);
  expect(metrics).not.toHaveProperty("ILD@1");
  expect(result.users).toBe(3);
  expect(result.unreachable).toEqual({ masked: 1 / 3, notGenerated: 0 });
  expect(result.protocol).toEqual({
    ranking: "full",
    maskHistory: true,
    ties: "against the target",
    fitOn: "train",
  });
});

test("a ranker that reads answers is told them, and the protocol says so; others are told none", async () => {
  const heard: (number | undefined)[] = [];
  const told = (readsAnswer: boolean): Ranker => ({
    ...planned((item) => -item),
    readsAnswer,
    encode: async (profiles) => {
      heard.push(...profiles.map(({ answer }) => answer));
      return profiles.map(({ history }) => history);
    },
  });
  const { protocol } = await evaluate(request({ ranker: told(true) }));
  expect(protocol).toMatchObject({ readsAnswer: true });
  expect(heard.splice(0)).toEqual([4, 6, 2]);
  expect((await evaluate(request({ ranker: told(false) }))).protocol).not.toHaveProperty("readsAnswer");
  expect(heard).toEqual([undefined, undefined, undefined]);
});

test("responses are asked for where they are wanted: the category that each names against the target's", async () => {
  const named = new Catalogue(catalogue.rows.map((row, at) => ({ ...row, category: at < 4 ? "low" : "high" })));
  // Targets 4, 6 and 2, of low, high and low; users with two items or fewer are told high, others low.
  const telling: Ranker<Int32Array> = {
    ...planned((item) => -item),
    read: async (states) => states.map(({ length }) => ({ category: length > 2 ? "low" : "high" })),
  };
  const given = { ranker: telling as Ranker, catalogue: named }; // as: asked with its own states
  expect((await evaluate(request({ ...given, responses: true }))).responses).toEqual({
    users: 3,
    named: 1,
    valid: 1,
    right: 1,
  });
  expect(await evaluate(request(given))).not.toHaveProperty("responses");
  await expect(evaluate(request({ responses: true }))).rejects.toThrowErrorMatchingInlineSnapshot(
    `[ConfigError: evaluation: this model says nothing in words, so that there are no responses to measure.]`,
  );
});

test("slices hold the users they name, and together all of them", async () => {
  const { slices } = await evaluate(request());
  expect(slices.map(({ slice, by, users }) => `${slice} ${by}: ${users}`)).toEqual([
    "short history: 3",
    "medium history: 0",
    "long history: 0",
    "cold target: 3",
    "warm target: 0",
  ]);
  expect(slices[0].metrics).toMatchObject({ "HR@1": 1 / 3, MRR: (1 + 1 / 4 + 0) / 3 });
  // Another training: items 4 and 2 six times each with user 0, whose history is of medium length now.
  const busy = Histories.from([[4, 2, 4, 2, 4, 2, 4, 2, 4, 2, 4, 2], [3], [5]]);
  const other = (await evaluate(request({ train: busy }))).slices;
  expect(other.map(({ users }) => users)).toEqual([2, 1, 0, 1, 2]);
  expect(other[3].metrics).toMatchObject({ "HR@3": 0, MRR: 1 / 4 }); // target 6, user 1
  expect(other[4].metrics).toMatchObject({ "HR@3": 1 / 2, MRR: 1 / 2 });
});

test("a listener hears every ranking with the target at its rank, and is waited for after each batch", async () => {
  const heard: [number, number, number[]][] = [];
  const flushed: number[] = [];
  const listener: ListListener = {
    depth: 5,
    hear: (user, target, { indices }) => heard.push([user, target, [...indices]]),
    flush: async () => void flushed.push(heard.length),
  };
  const flat = planned(() => 0); // all equal: every target is last of what is left
  const { ranks } = await evaluate(request({ ranker: flat, listener }));
  expect([...ranks]).toEqual([3, 4, Number.POSITIVE_INFINITY]);
  expect(heard).toEqual([
    [0, 4, [5, 6, 4]],
    [1, 6, [1, 2, 4, 6]],
    [2, 2, [1, 3, 5, 6]],
  ]);
  expect(flushed).toEqual([3]);
});

test("unmasked, items of the history compete and a repeated target can be reached", async () => {
  const result = await evaluate(request({ maskHistory: false, fitOn: "train+valid" }));
  expect([...result.ranks]).toEqual([4, 6, 2]);
  expect(result.unreachable).toEqual({ masked: 0, notGenerated: 0 });
  expect(result.protocol).toMatchObject({ maskHistory: false, fitOn: "train+valid" });
});

test("a model that never generates a target does not reach it, and that is not blamed on the mask", async () => {
  const ranker = planned((item) => (item > 3 ? -Infinity : item));
  const result = await evaluate(request({ ranker }));
  expect([...result.ranks]).toEqual([1 / 0, 1 / 0, 1 / 0]);
  expect(result.unreachable).toEqual({ masked: 1 / 3, notGenerated: 2 / 3 });
});

test("many users in several batches get the ranks each has alone, and all of them are counted", async () => {
  const stream = new Stream(Key.of(2).fold("users"));
  const rows = Array.from({ length: 700 }, () =>
    Array.from({ length: 3 + stream.below(5) }, () => 1 + stream.below(ITEMS)),
  );
  const many = leaveTwoOut(Histories.from(rows)).test;
  const ranker = planned((item, history) => (item * history[history.length - 1]) % 5);
  const events: Event[] = [];
  const result = await evaluate(
    request({ ranker, targets: many, maskHistory: false, emit: (event) => events.push(event) }),
  );
  const expected = rows.map((row) => {
    const scores = Array.from({ length: ITEMS }, (_, at) => ((at + 1) * row[row.length - 2]) % 5);
    const target = row[row.length - 1];
    return scores.filter((score) => score >= scores[target - 1]).length;
  });
  expect([...result.ranks]).toEqual(expected);
  expect(events).toEqual([
    { type: "progress", what: "evaluate", done: 256, of: 700 },
    { type: "progress", what: "evaluate", done: 512, of: 700 },
    { type: "progress", what: "evaluate", done: 700, of: 700 },
  ]);
});

test("a sample of users is drawn by the key, without repetition", async () => {
  const many = leaveTwoOut(Histories.from(Array.from({ length: 50 }, () => [1, 2, 3]))).test;
  const ask = async (seed: number) => [
    ...(await evaluate(request({ targets: many, users: 20, key: Key.of(seed) }))).userRows,
  ];
  const first = await ask(1);
  expect(new Set(first).size).toBe(20);
  expect(await ask(1)).toEqual(first);
  expect(await ask(2)).not.toEqual(first);
  expect((await evaluate(request({ users: 99 }))).users).toBe(3);
});

test("an interruption stops between batches", async () => {
  await expect(evaluate(request({ signal: { aborted: true } }))).rejects.toThrow("evaluation was interrupted");
});

test("what cannot be evaluated says why", async () => {
  const none = leaveTwoOut(Histories.from([[1, 2]])).test;
  await expect(evaluate(request({ targets: none }))).rejects.toThrowErrorMatchingInlineSnapshot(
    `[DataError: evaluation: no user has a target, because no history has three items. Expected users with at least three interactions; use a longer log.]`,
  );
  await expect(evaluate(request({ users: 0 }))).rejects.toThrowErrorMatchingInlineSnapshot(
    `[ConfigError: users = 0: expected a whole number from 1 up, how many users to ask.]`,
  );
  await expect(evaluate(request({ topK: [10, 0] }))).rejects.toThrow("topK = 0");
});

test("where only ranks are asked for, figures of lists are left out and those of ranks are the same", async () => {
  const [whole, ranks] = [await evaluate(request()), await evaluate(request({ lists: false }))];
  expect(Object.keys(whole.metrics)).toContain("coverage@3");
  expect(Object.keys(ranks.metrics)).not.toContain("coverage@3");
  expect(whole.metrics).toMatchObject(ranks.metrics);
  expect(ranks.ranks).toEqual(whole.ranks);
});
