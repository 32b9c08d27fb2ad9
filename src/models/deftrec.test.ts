import { expect, test } from "vitest";
import { Catalogue } from "#data";
import { Weights } from "#nn";
import { Key } from "#random";
import type { Earlier, Learned, Ranker } from "#recommender";
import { compile, constant, int32 } from "#tensor";
import { TrainingStep } from "#train";
import { configured, context, dataOf, fitted, pipelineOf, trainView } from "../../test/suites/fitted.ts";
import { recommenderSuite } from "../../test/suites/recommender.suite.ts";
import type { JointBatch } from "./continuous/batches.ts";
import { config } from "./continuous/config.ts";
import { sideOf, spaceOf } from "./continuous/generator.ts";
import type { LanguageModel } from "./continuous/language-model.ts";
import { layoutOf } from "./continuous/layout.ts";
import { DeftRecNetwork } from "./continuous/network.ts";
import { deftrec } from "./deftrec.ts";

const SMALL = {
  dim: 16,
  blocks: 1,
  hidden: 32,
  maxLength: 12,
  steps: 50,
  negatives: 40,
  leastSteps: 1,
  positions: 48,
  pretrainEpochs: 2,
};
const STILL = { ...SMALL, dropout: 0, mask: 0, noise: 0, nullShare: 0.1, reconstruction: 0.01, tokenizerRate: 1 };
const OVERFIT = {
  ...STILL,
  rerank: false,
  epochs: 120,
  learningRate: 0.01,
  average: 0,
  firstValidation: 200,
  text: false,
};

recommenderSuite(deftrec, OVERFIT, {
  positions: (_, earlier, history) => positionsOf(earlier, history),
});

/** The state at each [PREF] query of one history, by the trained network. */
async function positionsOf(earlier: Earlier, history: Int32Array): Promise<Float32Array[]> {
  const options = config.parse(OVERFIT);
  const weights = Weights.read(earlier.generator.arrays);
  const network = new DeftRecNetwork(weights, options, spaceOf(options, earlier, 40));
  const states: Float32Array[] = [];
  const read = compile(
    "states",
    ({ vectors, visible, mask, distances }) => {
      const tokens = network.items.tokens(network.items.vectors(vectors));
      return { states: network.query({ tokens: tokens.unsqueeze(0), visible, mask, distances }).condition };
    },
    { runtime: context.runtime, parameters: weights.arrays, limit: 20 },
  );
  for (let length = 1; length <= history.length; length++) {
    const own = history.slice(0, length);
    const inputs = {
      vectors: { dtype: "int32", shape: [length], data: own },
      visible: { dtype: "bool", shape: [1, length], data: new Uint8Array(length).fill(1) },
      ...layoutOf(length, options.ways, { asked: "last", words: 0 }),
    } as const;
    states.push((await read.run(inputs)).states.data as Float32Array);
  }
  return states;
}

const rows = Array.from({ length: 12 }, (_, user) => Array.from({ length: 6 }, (__, at) => 1 + ((user * 3 + at) % 20)));
const data = dataOf(rows, 20);
const recommender = configured(deftrec, { ...STILL, rerank: false, text: false, epochs: 1 });
const stage = recommender.stages.find(({ name }) => name === "generator") as Learned<DeftRecNetwork, JointBatch>; // as: it learns

async function batchAndEarlier() {
  const earlier = await fitted(recommender, data);
  const side = sideOf(earlier, 20);
  expect(side.groupOf).toHaveLength(21);
  for await (const batch of stage.epoch(data, earlier, Key.of(1))) return { batch, earlier };
  throw new Error("no batch");
}

/** The parts of the loss for a batch, by weights as they are drawn. */
async function lossOf(batch: JointBatch, earlier: Earlier): Promise<Record<string, number>> {
  const weights = Weights.draw(Key.of(3));
  const model = stage.init(weights, data, earlier);
  await using step = new TrainingStep(stage, model, weights, stage.optimizer(1), context.runtime);
  return await step.take(batch, Key.of(5), 1); // awaited: the session is disposed of when this is left
}

test("every part of the loss is there and finite", async () => {
  const { batch, earlier } = await batchAndEarlier();
  const { total, ranking, language, reconstruction } = await lossOf(batch, earlier);
  expect(total).toBeCloseTo(ranking + 0.1 * language + 0.01 * reconstruction, 5);
  for (const part of [ranking, language, reconstruction]) expect(part).toBeGreaterThan(0);
});

test("a position without weight does not change the loss, whatever its condition is: nothing leaks across a batch", async () => {
  const { batch, earlier } = await batchAndEarlier();
  const [, length] = batch.items.shape;
  const weights = batch.weights.data.slice();
  weights.fill(0, length); // only the first history counts
  const first = { ...batch, weights: { ...batch.weights, data: weights } };
  const others = first.items.data.slice();
  others.fill(others[0], length); // all other histories become one item
  const corrupted = { ...first, items: { ...batch.items, data: others } };
  expect((await lossOf(corrupted, earlier)).ranking).toBeCloseTo((await lossOf(first, earlier)).ranking, 5);
});

test("queries see their own item and those before, never another query or what comes later", () => {
  const { mask, distances } = layoutOf(3, 2, { asked: "every", words: 1 });
  const places = 3 * 2 + 3 + 1;
  const sees = (row: number) =>
    Array.from({ length: places }, (_, at) => at).filter((at) => mask.data[row * places + at] === 0);
  expect(sees(3)).toEqual([0, 1, 2, 3]); // the second token of the second item
  expect(sees(6)).toEqual([0, 1, 6]); // the query behind the first item
  expect(sees(8)).toEqual([0, 1, 2, 3, 4, 5, 8]); // behind the third
  expect(sees(9)).toEqual([0, 1, 2, 3, 4, 5, 8, 9]); // the response reads the query it answers
  expect(distances.data[8 * places]).toBe(2); // the third item's query, two items after the first
  expect(distances.data[8 * places + 4]).toBe(0);
});

test("a query starts at its own embedding and the token that leads the newest item; or at its own alone", async () => {
  const { earlier } = await batchAndEarlier();
  const echo = {
    ...{ vocabulary: 1, stop: 0, embed: (words) => words, generate: ({ embeddings }) => embeddings },
    ...{ forward: (embeddings) => embeddings, logits: (states) => states },
  } satisfies LanguageModel;
  const startsOf = async (queryStart: "item" | "none") => {
    const options = config.parse({ ...STILL, text: false, queryStart });
    const weights = Weights.draw(Key.of(4));
    const network = new DeftRecNetwork(weights, options, spaceOf(options, earlier, 20), () => echo);
    await using graph = compile(
      "start",
      ({ visible, mask, distances }) => {
        const tokens = network.items.tokens(network.items.vectors(constant(int32([3, 5], [2])))); // [2, K, W]
        const { condition } = network.query({ tokens: tokens.unsqueeze(0), visible, mask, distances });
        return { condition, lead: tokens.slice(1, 0, 1) };
      },
      { runtime: context.runtime, parameters: weights.arrays },
    );
    const visible = { dtype: "bool", shape: [1, 2], data: new Uint8Array([1, 1]) } as const;
    const found = await graph.run({ visible, ...layoutOf(2, options.ways, { asked: "last", words: 0 }) });
    const lead = [...found.lead.data].map(Number).slice(options.dim);
    const own = [...weights.arrays.query.data].map(Number);
    return { found: [...found.condition.data].map(Number), own, lead };
  };
  const item = await startsOf("item");
  item.found.forEach((value, at) => {
    expect(value).toBeCloseTo(item.own[at] + item.lead[at], 5);
  });
  const none = await startsOf("none");
  expect(none.found).toEqual(none.own);
});

test("the training graph is the one kept as text", async () => {
  const { batch, earlier } = await batchAndEarlier();
  const weights = Weights.draw(Key.of(3));
  const model = stage.init(weights, data, earlier);
  await using step = new TrainingStep(stage, model, weights, stage.optimizer(1), context.runtime);
  await expect(step.print(batch)).toMatchFileSnapshot("../../test/golden/graphs/deftrec.txt");
});

const LEARNT = {
  ...STILL,
  rerank: false,
  text: false,
  epochs: 40,
  learningRate: 0.01,
  average: 0,
  firstValidation: 200,
};

/** The generator's scores after each history without its last item. */
async function scoresOf(ranker: Ranker): Promise<Float32Array> {
  const histories = rows.map((row) => ({ history: Int32Array.from(row.slice(0, 5)) }));
  return (await ranker.score(await ranker.encode(histories, Key.of(1)))).generator;
}

/** The mean rank of the histories' last items: 10.5 by chance. */
function meanRank(generator: Float32Array): number {
  const ranks = rows.map((row, user) => {
    const scores = generator.subarray(user * 21 + 1, (user + 1) * 21); // without padding
    return scores.filter((score) => score >= scores[row[5] - 1]).length;
  });
  return ranks.reduce((sum, rank) => sum + rank) / ranks.length;
}

test("in several steps, guided, it ranks what it was shown, by other scores than in one step", async () => {
  const earlier = await fitted(configured(deftrec, LEARNT), data);
  const open = (options: object) =>
    configured(deftrec, { ...LEARNT, ...options }).open(earlier, data.catalogue, context);
  await using one = await open({});
  await using several = await open({ samplingSteps: 4, guidance: 1, samples: 2 });
  const [direct, walked] = [await scoresOf(one), await scoresOf(several)];
  expect(meanRank(direct)).toBeLessThan(4);
  expect(meanRank(walked)).toBeLessThan(4);
  expect(walked).not.toEqual(direct);
});

test.each(["mq", "rq"] as const)(
  "with discrete tokens (%s) it trains, and ranks what it was shown",
  async (tokenizer) => {
    await using ranker = (await pipelineOf(deftrec, { ...LEARNT, tokenizer, ways: 3, codes: 8 }, data)).ranker;
    expect(meanRank(await scoresOf(ranker))).toBeLessThan(4);
  },
);

test("it says a category of the catalogue's, though most items have none", async () => {
  const rare = (at: number) => (at < 2 ? "near" : at < 4 ? "far" : undefined);
  const named = trainView(
    data.histories,
    new Catalogue(data.catalogue.rows.map(({ item }, at) => ({ item, category: rare(at) }))),
  );
  const earlier = await fitted(recommender, named);
  await using ranker = await recommender.open(earlier, named.catalogue, context);
  const states = await ranker.encode(
    rows.slice(0, 8).map((row) => ({ history: Int32Array.from(row) })),
    Key.of(1),
  );
  for (const { category } of (await ranker.read?.(states)) ?? []) expect(["near", "far"]).toContain(category);
  expect.assertions(8);
});

test("it tells the vector it generated and the category it says is wanted, one of the catalogue's", async () => {
  const named = trainView(
    data.histories,
    new Catalogue(data.catalogue.rows.map(({ item }, at) => ({ item, category: at < 10 ? "near" : "far" }))),
  );
  const earlier = await fitted(recommender, named);
  await using ranker = await recommender.open(earlier, named.catalogue, context);
  const profiles = rows.slice(0, 3).map((row) => ({ history: Int32Array.from(row) }));
  const states = await ranker.encode(profiles, Key.of(1));
  const readings = (await ranker.read?.(states)) ?? [];
  expect(readings).toHaveLength(3);
  const { generator } = await ranker.score(states);
  const vectors = await ranker.vectors?.();
  readings.forEach(({ vector, category }, row) => {
    expect(["near", "far"]).toContain(category);
    // The items it scores highest are those its vector points at.
    const products = Array.from({ length: 20 }, (_, at) =>
      (vector ?? new Float32Array(0)).reduce(
        (sum, value, k) => sum + value * (vectors?.data[(at + 1) * 16 + k] ?? 0),
        0,
      ),
    );
    const scores = [...generator.subarray(row * 21 + 1, (row + 1) * 21)];
    expect(products.indexOf(Math.max(...products))).toBe(scores.indexOf(Math.max(...scores)));
  });
});
