import { expect, test } from "vitest";
import { type Emit, type Event, InterruptedError } from "#base";
import { filled } from "#nn";
import { adam, sgd } from "#optim";
import { Key } from "#random";
import type { Computed, Learned, Recommender } from "#recommender";
import { float32, int32, type Tensor } from "#tensor";
import { context, dataOf } from "../../test/suites/fitted.ts";
import { fit as train } from "./fit.ts"; // linters take a bare fit() in a test for a focused one
import { type Checkpoint, type Finished, forgetful, type Store } from "./store.ts";

/** A stage that leaves nothing and tells what it was shown. */
function looking(name: string, seen: Record<string, number[][]>, withhold?: number, fold?: Computed["fold"]): Computed {
  return {
    kind: "computed",
    name,
    withhold,
    fold,
    compute: async ({ histories }) => {
      seen[name] = Array.from({ length: histories.users }, (_, user) => [...histories.of(user)]);
      return { arrays: {} };
    },
  };
}

test("a stage that finds the log too small leaves nothing, for later stages, in the store and after a resume", async () => {
  const seen: Record<string, number[][]> = {};
  const asked: number[] = [];
  const stage: Computed = {
    ...looking("learner", seen, 1),
    skip: ({ histories }) => {
      asked.push(histories.interactions); // before anything is withheld
      return "too small";
    },
  };
  const after: Computed = {
    ...looking("after", seen),
    compute: async (_data, earlier) => ({ arrays: { stages: int32([Object.keys(earlier).length], [1]) } }),
  };
  const recommender: Recommender = { stages: [stage, after], open: () => Promise.reject(new Error("not asked for")) };
  const kept = new Map<string, Finished>();
  const store: Store = {
    ...forgetful,
    finished: async (name) => kept.get(name),
    saveFinished: async (name, finished) => void kept.set(name, finished),
  };
  const messages: string[] = [];
  const emit: Emit = (event) => void (event.type === "message" && messages.push(event.text));
  const loud = { ...context, emit };
  const options = { recommender, data: dataOf([[1, 2, 3], [4]], 4), key: Key.of(1), context: loud, store };
  for (const { earlier, stages } of [await train(options), await train(options)]) {
    expect(Object.keys(earlier)).toEqual(["after"]);
    expect(earlier.after.arrays.stages.data[0]).toBe(0);
    expect(stages.map(({ name, skipped = false }) => [name, skipped])).toEqual([
      ["learner", true],
      ["after", false],
    ]);
  }
  expect(asked).toEqual([4]);
  expect(messages).toEqual(["too small"]); // once, not again when resumed
  expect(kept.get("learner")).toMatchObject({ skipped: true, artifact: { arrays: {} } });
  expect(Object.keys(seen)).toEqual([]);
});

test("what an earlier training left out is left out, and nothing else is asked", async () => {
  const seen: Record<string, number[][]> = {};
  const never = () => {
    throw new Error("asked");
  };
  const stages = [looking("out", seen), { ...looking("in", seen), skip: never }];
  const recommender: Recommender = { stages, open: () => Promise.reject(new Error("not asked for")) };
  const data = dataOf([[1, 2]], 2);
  const { earlier } = await train({ recommender, data, key: Key.of(1), context, skipped: ["out"] });
  expect([Object.keys(earlier), Object.keys(seen)]).toEqual([["in"], ["in"]]);
});

test("a stage whose epochs are empty keeps the weights it was drawn with, and says so", async () => {
  const stage: Learned = {
    kind: "learned",
    name: "learner",
    epochs: 5,
    patience: 5,
    validateEvery: 1,
    stop: "ranking",
    init: (weights) => weights.tensor("w", [2], filled(3)),
    steps: () => 4,
    epoch: () => [],
    loss: () => {
      throw new Error("not asked for");
    },
    optimizer: () => adam({ rate: 0.1 }),
  };
  const said: string[] = [];
  const recommender: Recommender = { stages: [stage], open: () => Promise.reject(new Error("not asked for")) };
  const emit = (event: Event) => void (event.type === "warning" && said.push(event.text));
  const validate = () => Promise.reject(new Error("not asked for"));
  const options = { recommender, data: dataOf([[1]], 2), key: Key.of(1), context: { ...context, emit }, validate };
  const { earlier } = await train(options);
  expect([...earlier.learner.arrays.w.data]).toEqual([3, 3]);
  expect(said).toEqual([
    "learner: no history is long enough to learn from, so that its weights stay as they were drawn.",
  ]);
});

test("a stage that withholds items never sees them, and the stages around it still do", async () => {
  const seen: Record<string, number[][]> = {};
  const some = looking("some", seen, 1, { index: 1, of: 2 });
  const stages = [looking("all", seen), looking("less", seen, 1), some, looking("again", seen)];
  // The ranker is never opened: fit only trains.
  const recommender: Recommender = { stages, open: () => Promise.reject(new Error("not asked for")) };
  await train({ recommender, data: dataOf([[1, 2, 3], [4], []], 4), key: Key.of(1), context });
  expect(seen.all).toEqual([[1, 2, 3], [4], []]);
  expect(seen.less).toEqual([[1, 2], [], []]);
  expect(seen.some).toEqual([[1, 2, 3], [], []]);
  expect(seen.again).toEqual(seen.all);
});

test("what an epoch needs of the weights is made when it begins; interrupted within one and resumed, it is not made anew", async () => {
  let made = 0;
  const stage: Learned = {
    kind: "learned",
    name: "learner",
    epochs: 2,
    patience: 1,
    validateEvery: 1,
    stop: "never",
    init: (weights) => weights.tensor("w", [1], filled(1)),
    steps: () => 3,
    refresh: async ({ w }) => {
      made++;
      return { start: float32([...w.data].map(Number), [1]) };
    },
    epoch: (_data, _earlier, _key, _prepared, fresh) =>
      Array.from({ length: 3 }, () => ({ x: fresh?.start ?? float32([0], [1]) })),
    loss: (w, { x }) => ({ total: (w as Tensor).mul(x).sum() }), // as: what init made
    optimizer: () => sgd({ rate: 0.1 }),
  };
  const recommender: Recommender = { stages: [stage], open: () => Promise.reject(new Error("not asked for")) };
  const kept = new Map<string, Checkpoint>();
  let asks = 0;
  const options = (last: number) => ({
    recommender,
    data: dataOf([[1, 2]], 2),
    key: Key.of(1),
    context: {
      ...context,
      signal: {
        get aborted() {
          return ++asks > last;
        },
      },
    },
    store: {
      ...forgetful,
      checkpoint: async (name: string) => kept.get(name),
      saveCheckpoint: async (name: string, checkpoint: Checkpoint) => void kept.set(name, structuredClone(checkpoint)),
    },
  });
  // Each epoch takes 3 steps of 0.1 times the weight it began with: 1, 0.7, 0.49.
  await expect(train(options(5))).rejects.toThrow(InterruptedError);
  expect(kept.get("learner")).toMatchObject({ epoch: 1, cursor: 2 });
  const { earlier } = await train(options(Number.POSITIVE_INFINITY));
  expect(Number(earlier.learner.arrays.w.data[0])).toBeCloseTo(0.49, 6);
  expect(made).toBe(2);
});
