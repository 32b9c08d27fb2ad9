import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { Batches, Catalogue, Histories } from "#data";
import { Key } from "#random";
import type { Earlier, Ranker, Recommender } from "#recommender";
import { configured, context, fitted, trainView } from "../../../test/suites/fitted.ts";
import { writeTinyLanguageModel } from "../../../test/suites/tiny-language-model.ts";
import { deftrec } from "../deftrec.ts";
import { jointBatching } from "./batches.ts";
import { config } from "./config.ts";
import { HistoryLanguage, TrainingLanguage } from "./language.ts";

const ITEMS = 20;
const rows = Array.from({ length: 10 }, (_, user) =>
  Array.from({ length: 4 + (user % 5) }, (__, at) => 1 + ((user * 3 + at * 5) % ITEMS)),
);
const catalogue = new Catalogue(
  Array.from({ length: ITEMS }, (_, at) => ({ item: `item ${at + 1}`, title: `thing ${at} of ${at % 3}` })),
);
const data = trainView(Histories.from(rows), catalogue);

const SMALL = {
  dim: 8,
  blocks: 1,
  hidden: 16,
  dropout: 0,
  maxLength: 4,
  steps: 20,
  negatives: 10,
  positions: 16,
  leastSteps: 1,
  pretrainEpochs: 0,
  epochs: 2,
  average: 0,
  rerank: false,
  collaborative: false,
  text: false,
} as const;

let folder = "";
let recommender: Recommender;
let earlier: Earlier;
let llm = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "deftrec-language-"));
  vi.stubEnv("DEFTREC_CACHE", join(folder, "cache"));
  llm = await writeTinyLanguageModel(join(folder, "model"));
  recommender = configured(deftrec, { ...SMALL, llm });
  earlier = await fitted(recommender, data);
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true });
});

test("what a position of a training window is given is what answering behind the same items would read", async () => {
  const options = config.parse({ ...SMALL, llm });
  const training = await TrainingLanguage.of(options, data, earlier, context);
  const language = await HistoryLanguage.open(options, earlier, catalogue, context);
  if (training === undefined || language === undefined) throw new Error("no language model reads");
  await using _ = language;
  const { dim } = language;
  let positions = 0;
  for (const batch of Batches.of(data.histories, jointBatching(options), Key.of(3))) {
    const [count, length] = batch.items.shape;
    const given = training.rows(batch);
    for (let row = 0; row < count; row++) {
      if (batch.users[row] < 0) continue;
      const history = data.histories.of(batch.users[row]);
      const newest = history.length - 1 - batch.after[row]; // the row's newest target
      for (let back = 1; back <= length; back++) {
        const place = row * length + length - back;
        const own = given.data.subarray(place * dim, (place + 1) * dim);
        if (batch.items.data[place] === 0) {
          expect(own.every((value) => value === 0)).toBe(true);
          continue;
        }
        const answering = await language.read([history.slice(0, newest - back + 1)], 1);
        expect(own).toEqual(answering.data);
        positions++;
      }
    }
  }
  expect(positions).toBe(rows.reduce((sum, row) => sum + row.length - 1, 0));
});

test("features are standardised over the training histories", async () => {
  const options = config.parse({ ...SMALL, llm });
  const language = await HistoryLanguage.open(options, earlier, catalogue, context);
  if (language === undefined) throw new Error("no language model reads");
  await using _ = language;
  const { dim } = language;
  const all = rows.map((row) => Int32Array.from(row));
  const values: number[][] = Array.from({ length: dim }, () => []);
  for (const history of all) {
    const { data: states } = await language.read([history], history.length);
    states.forEach((value, at) => {
      values[at % dim].push(value);
    });
  }
  for (const feature of values) {
    const mean = feature.reduce((sum, value) => sum + value) / feature.length;
    const square = feature.reduce((sum, value) => sum + value * value, 0) / feature.length;
    expect(mean).toBeCloseTo(0, 3);
    expect(square).toBeCloseTo(1, 2);
  }
});

async function scoresOf(asked: Recommender, from: Earlier, histories: readonly number[][]) {
  await using ranker: Ranker = await asked.open(from, catalogue, context);
  const profiles = histories.map((history) => ({ history: Int32Array.from(history) }));
  return (await ranker.score(await ranker.encode(profiles, Key.of(1)))).generator;
}

test("with a language model another loss is learned and another ranking made than without, alike whenever asked", async () => {
  const without = configured(deftrec, SMALL);
  const histories = rows.map((row) => row.slice(0, 3));
  const scores = await scoresOf(recommender, earlier, histories);
  expect(await scoresOf(recommender, earlier, histories)).toEqual(scores);
  expect(scores).not.toEqual(await scoresOf(without, await fitted(without, data), histories));
  expect(scores.filter(Number.isFinite)).toHaveLength(scores.length);
});

test("a history alone and in a batch of longer ones scores the same", async () => {
  const [short, long] = [[3], [1, 2, 3, 4, 5, 6, 7]];
  const together = await scoresOf(recommender, earlier, [short, long]);
  const alone = await scoresOf(recommender, earlier, [short]);
  alone.forEach((score, at) => {
    expect(Math.abs(score - together[at])).toBeLessThan(1e-4);
  });
});

test("the model's files are told as read, and the checkpoint has none of its weights", () => {
  expect(earlier.language.files).toMatchObject([{ path: join(llm, "model.safetensors") }]);
  expect(Object.keys(earlier.generator.arrays).filter((name) => /layers\.\d|feedForward\.gate/.test(name))).toEqual([]);
});
