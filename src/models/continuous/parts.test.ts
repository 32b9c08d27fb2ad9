/**
 * Each part of DeftRec, switched on and off on a log of a few users: it changes what is learned and how is ranked, and it
 * changes nothing of the noise that answers start from.
 */
import { expect, test } from "vitest";
import { Catalogue, Histories } from "#data";
import { Weights } from "#nn";
import { Key } from "#random";
import type { Earlier, Learned } from "#recommender";
import type { NdArray } from "#tensor";
import { TrainingStep } from "#train";
import { configured, context, fitted, trainView } from "../../../test/suites/fitted.ts";
import { deftrec } from "../deftrec.ts";
import type { JointBatch } from "./batches.ts";
import type { DeftRecNetwork } from "./network.ts";
import type { GeneratorState } from "./ranker.ts";

const ITEMS = 20;
const COLOURS = ["red", "blue", "green", "black"];
const rows = Array.from({ length: 10 }, (_, user) =>
  Array.from({ length: 5 }, (__, at) => 1 + ((user * 3 + at) % ITEMS)),
);
const catalogue = new Catalogue(
  Array.from({ length: ITEMS }, (_, at) => ({
    item: `item ${at + 1}`,
    title: `${COLOURS[at % 4]} thing ${COLOURS[(at + 1) % 4]}`,
    category: at < 10 ? "near" : "far",
  })),
);
const data = trainView(Histories.from(rows), catalogue);

const SMALL = {
  dim: 8,
  blocks: 1,
  hidden: 16,
  dropout: 0,
  maxLength: 6,
  steps: 20,
  negatives: 10,
  positions: 30,
  leastSteps: 1,
  pretrainEpochs: 0,
  epochs: 2,
  average: 0,
  learningRate: 0.01,
  rerank: false,
} as const;
/** The paper's own objective, on vectors that are not trained. */
const FIXED = { objective: "noise", space: "fixed", start: "neighbours", samplingSteps: 4, scale: 1 } as const;

type Options = Partial<Parameters<typeof deftrec.build>[0]>;

/** What the options lead to: a first step's loss, a ranking after two epochs, and the noise it started from. */
async function outcome(options: Options) {
  const recommender = configured(deftrec, { ...SMALL, ...options });
  const earlier = await fitted(recommender, data);
  const stage = generatorOf(recommender.stages);
  const { total } = await lossOf(stage, await batchOf(stage, earlier), earlier);
  const { scores, noise } = await ranked(stage, earlier);
  return { total, scores, noise };
}

function generatorOf(stages: readonly unknown[]): Learned<DeftRecNetwork, JointBatch> {
  const all = stages as readonly Learned<DeftRecNetwork, JointBatch>[]; // as: the one of that name is
  return all.filter(({ name }) => name === "generator")[0];
}

async function batchOf(stage: Learned<DeftRecNetwork, JointBatch>, earlier: Earlier): Promise<JointBatch> {
  for await (const batch of stage.epoch(data, earlier, Key.of(1))) return batch;
  throw new Error("no batch");
}

async function lossOf(stage: Learned<DeftRecNetwork, JointBatch>, batch: JointBatch, earlier: Earlier) {
  const weights = Weights.draw(Key.of(3));
  const model = stage.init(weights, data, earlier);
  await using step = new TrainingStep(stage, model, weights, stage.optimizer(1), context.runtime);
  return await step.take(batch, Key.of(5), 1); // awaited: the session is disposed of when this is left
}

/** Scores of the generator alone, twice from the same profiles and key. */
async function ranked(stage: Learned<DeftRecNetwork, JointBatch>, earlier: Earlier) {
  const once = async () => {
    const ranker = await stage.open?.(earlier, catalogue, context);
    if (ranker === undefined) throw new Error("the generator has no ranker");
    const states = await ranker.encode(
      rows.map((row) => ({ history: Int32Array.from(row) })),
      Key.of(7),
    );
    const { generator } = await ranker.score(states);
    await ranker[Symbol.asyncDispose]();
    return { scores: generator, noise: (states as readonly GeneratorState[]).map((state) => state.noise) }; // as: its own
  };
  const first = await once();
  expect(await once()).toEqual(first); // bit for bit
  return first;
}

const known = new Map<string, ReturnType<typeof outcome>>();
function outcomeOf(options: Options) {
  const name = JSON.stringify(options);
  const found = known.get(name) ?? outcome(options);
  known.set(name, found);
  return found;
}

const PARTS: readonly { part: string; on: Options; off: Options; training?: false }[] = [
  { part: "the mask", on: {}, off: { mask: 0 } },
  { part: "several ways", on: {}, off: { ways: 1 } },
  { part: "[PREF] starting from an item", on: {}, off: { queryStart: "none" } },
  { part: "noise on tokens", on: {}, off: { noise: 0 } },
  { part: "reconstruction", on: {}, off: { reconstruction: 0 } },
  { part: "the language model's loss", on: {}, off: { languageModelWeight: 0 } },
  { part: "all noise levels", on: {}, off: { generator: "one-step" } },
  { part: "the number of negatives", on: {}, off: { negatives: 2 } },
  { part: "null conditions", on: {}, off: { nullShare: 0 } },
  { part: "guidance", on: { guidance: 2 }, off: {}, training: false }, // only asked when answering
  { part: "text", on: {}, off: { text: false } },
  { part: "the tail", on: {}, off: { tail: 1 } },
  { part: "dispersion", on: { dispersiveWeight: 0.5 }, off: {} },
  { part: "a start from neighbours", on: { start: "neighbours" }, off: {} },
  { part: "a start from LightGCN", on: { start: "lightgcn" }, off: { start: "neighbours" } },
  {
    part: "dispersion of the hidden layer",
    on: { dispersiveWeight: 0.5, dispersiveOf: "hidden" },
    off: { dispersiveWeight: 0.5 },
  },
  {
    part: "several queries",
    on: { queries: 4, conditionEncoder: "attention" },
    off: { conditionEncoder: "attention" },
  },
  { part: "the condition encoder", on: { conditionEncoder: "attention" }, off: {} },
  { part: "a denoiser side by side", on: { denoiser: "concat" }, off: {} },
  { part: "the category in retrieval", on: { retrieval: "hybrid" }, off: {}, training: false },
  { part: "the vector in retrieval", on: { retrieval: "hybrid" }, off: { retrieval: "text" }, training: false },
  { part: "the denoiser's blocks", on: {}, off: { denoiser: "plain" } },
  { part: "a space that learns", on: { start: "neighbours" }, off: { start: "neighbours", space: "fixed" } },
  { part: "pairs with wrong items", on: { ...FIXED, pairWeight: 0.5 }, off: FIXED },
  { part: "saying v", on: { ...FIXED, objective: "v" }, off: FIXED },
  { part: "saying x0", on: { ...FIXED, objective: "x0" }, off: FIXED },
  { part: "distance", on: { ...FIXED, score: "distance" }, off: FIXED, training: false },
  { part: "cosine", on: { ...FIXED, score: "cosine" }, off: FIXED, training: false },
];

test.each(PARTS)("$part: without, another loss and another ranking, from the same noise", async (toggled) => {
  const [on, off] = [await outcomeOf(toggled.on), await outcomeOf(toggled.off)];
  expect(on.total).toBeTypeOf("number");
  if (toggled.training === false) expect(off.total).toBe(on.total);
  else expect(Math.abs(off.total - on.total)).toBeGreaterThan(1e-6);
  expect(off.scores).not.toEqual(on.scores);
  expect(off.noise).toEqual(on.noise);
});

test("fixed vectors are as they started, whatever was learned, and items nobody took are not generated", async () => {
  const unseen = trainView(Histories.from(rows.map((row) => row.map((item) => Math.min(item, 18)))), catalogue);
  const recommender = configured(deftrec, { ...SMALL, ...FIXED });
  const earlier = await fitted(recommender, unseen);
  expect(earlier.generator.arrays["items.weight"].data).toEqual(earlier.vectors.arrays.start.data);
  const { scores } = await ranked(generatorOf(recommender.stages), earlier);
  const first = [...scores.subarray(0, ITEMS + 1)];
  expect(first.slice(19)).toEqual([-Infinity, -Infinity]);
  expect(first.slice(1, 19).every(Number.isFinite)).toBe(true);
});

test("wrong items are each position's own, never its target, and change with the position", async () => {
  const recommender = configured(deftrec, { ...SMALL, ...FIXED, pairWeight: 0.5, pairNegatives: 6 });
  const earlier = await fitted(recommender, data);
  const { pairs, targets, unique } = await batchOf(generatorOf(recommender.stages), earlier);
  expect(pairs?.shape).toEqual([...targets.shape, 6]);
  const of = (at: number) => [...(pairs?.data.subarray(at * 6, (at + 1) * 6) ?? [])];
  targets.data.forEach((place, at) => {
    if (place > 0) expect(of(at)).not.toContain(unique.data[place]);
    for (const item of of(at)) expect(item >= 1 && item <= ITEMS).toBe(true);
  });
  expect(new Set(Array.from(targets.data, (_, at) => String(of(at)))).size).toBe(targets.data.length);
});

test("with the paper's objective too, other rows' histories, targets and wrong items change nothing of one row's loss", async () => {
  const recommender = configured(deftrec, { ...SMALL, ...FIXED, pairWeight: 0.5, mask: 0, noise: 0 });
  const earlier = await fitted(recommender, data);
  const stage = generatorOf(recommender.stages);
  const batch = await batchOf(stage, earlier);
  const length = batch.items.shape[1];
  const pairs = batch.pairs as NdArray<Int32Array>; // as: pairWeight is above 0
  const rest = (array: NdArray<Int32Array>, from: number, value: number) => {
    const changed = array.data.slice();
    changed.fill(value, from);
    return { ...array, data: changed };
  };
  const weights = batch.weights.data.slice();
  weights.fill(0, length); // only the first history counts
  const first = { ...batch, weights: { ...batch.weights, data: weights } };
  const corrupted = {
    ...first,
    items: rest(batch.items, length, batch.items.data[length - 1]),
    targets: rest(batch.targets, length, batch.targets.data[0]),
    pairs: rest(pairs, length * pairs.shape[2], 1),
  };
  const [one, other] = [await lossOf(stage, first, earlier), await lossOf(stage, corrupted, earlier)];
  expect(other.denoising).toBeCloseTo(one.denoising, 6);
  expect(other.pairs).toBeCloseTo(one.pairs, 6);
});

test("the target's category, which the response is taught, does not reach what is generated", async () => {
  const recommender = configured(deftrec, SMALL);
  const earlier = await fitted(recommender, data);
  const stage = generatorOf(recommender.stages);
  const batch = await batchOf(stage, earlier);
  const groups = { ...batch.groups, data: batch.groups.data.map((group) => 1 - group) }; // near becomes far
  const [told, lied] = [await lossOf(stage, batch, earlier), await lossOf(stage, { ...batch, groups }, earlier)];
  expect(lied.language).not.toBe(told.language);
  expect(lied.ranking).toBe(told.ranking);
});

test("trained, a history's own state ranks its next item, tells its category, and under another's state it is lost", async () => {
  const recommender = configured(deftrec, { ...SMALL, epochs: 100, text: false });
  const earlier = await fitted(recommender, data);
  const ranker = await generatorOf(recommender.stages).open?.(earlier, catalogue, context);
  if (ranker === undefined) throw new Error("the generator has no ranker");
  const shown = rows.map((row) => ({ history: Int32Array.from(row.slice(0, 4)) }));
  const states = (await ranker.encode(shown, Key.of(7))) as readonly GeneratorState[]; // as: its own
  const permuted = states.map((own, row) => ({ ...own, state: states[(row + 1) % states.length].state }));
  const meanRank = async (asked: readonly GeneratorState[]) => {
    const { generator } = await ranker.score(asked);
    const ranks = rows.map((row, user) => {
      const scores = generator.subarray(user * (ITEMS + 1) + 1, (user + 1) * (ITEMS + 1));
      return scores.filter((score) => score >= scores[row[4] - 1]).length;
    });
    return ranks.reduce((sum, rank) => sum + rank) / ranks.length;
  };
  expect(await meanRank(states)).toBeLessThan(3);
  expect(await meanRank(permuted)).toBeGreaterThan(6); // 10.5 by chance
  const told = (await ranker.read?.(states)) ?? [];
  const right = told.filter(({ category }, row) => category === (rows[row][4] <= 10 ? "near" : "far"));
  expect(right.length).toBeGreaterThanOrEqual(9); // of 10
  await ranker[Symbol.asyncDispose]();
});

test("an item whose text is like the history's scores above one whose text is not, and no text counts against an item", async () => {
  const recommender = configured(deftrec, { ...SMALL, generator: "none" });
  const earlier = await fitted(recommender, data);
  await using ranker = await recommender.open(earlier, catalogue, context);
  const { tfidf } = await ranker.score(await ranker.encode([{ history: Int32Array.of(1) }], Key.of(1)));
  expect(tfidf[5]).toBeGreaterThan(tfidf[2]); // item 5 is "red thing blue" as item 1 is, item 2 "blue thing green"
  expect(tfidf[2]).toBeGreaterThanOrEqual(tfidf[3]); // "green thing black" shares no rare word
  expect(Math.min(...tfidf)).toBeGreaterThanOrEqual(0);
});

test("where a pass over the histories has few steps, an epoch is as many passes as make leastSteps, no two alike", async () => {
  const recommender = configured(deftrec, { ...SMALL, leastSteps: 5 });
  const earlier = await fitted(recommender, data);
  const stage = generatorOf(recommender.stages);
  const once = generatorOf(configured(deftrec, SMALL).stages).steps(data);
  expect(once).toBe(2);
  expect(stage.steps(data)).toBe(6); // three passes
  const batches: JointBatch[] = [];
  for await (const batch of stage.epoch(data, earlier, Key.of(1))) batches.push(batch);
  expect(batches).toHaveLength(6);
  expect(
    new Set(batches.map(({ negatives, unique }) => String(negatives.data.map((at) => unique.data[at])))).size,
  ).toBe(6);
});

test("a re-ranker orders candidates of fixed vectors too, some items of which are not generated", async () => {
  const unseen = trainView(Histories.from(rows.map((row) => row.map((item) => Math.min(item, 18)))), catalogue);
  const recommender = configured(deftrec, { ...SMALL, ...FIXED, score: "distance", rerank: true, rerankFrom: 1 });
  await using ranker = await recommender.open(await fitted(recommender, unseen), catalogue, context);
  const { reranked } = await ranker.score(await ranker.encode([{ history: Int32Array.of(1, 2) }], Key.of(1)));
  expect(reranked).toHaveLength(ITEMS + 1);
  expect(reranked.slice(1).every(Number.isFinite)).toBe(true);
});
