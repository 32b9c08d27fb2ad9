import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { Catalogue, Histories } from "#data";
import { LanguageModel } from "#llm";
import { Key } from "#random";
import type { Earlier, Ranker, Recommender } from "#recommender";
import { float32 } from "#tensor";
import { configured, context, fitted, trainView } from "../../../../test/suites/fitted.ts";
import { writeTinyLanguageModel } from "../../../../test/suites/tiny-language-model.ts";
import { deftrec } from "../../deftrec.ts";
import { KeptReadings, readingName } from "./kept-readings.ts";

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "deftrec-readings-"));
  vi.stubEnv("DEFTREC_CACHE", join(folder, "cache"));
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true });
});

test("a row is made once, whole, for all who ask by its name; other weights and other words begin anew", async () => {
  const weights = { a: float32(Float32Array.of(1, 2), [2]) };
  const made: number[][] = [];
  const rowOf = (place: number) => Float32Array.of(place + 1 / 3, -1e-30); // a half would lose both
  const ask = async (identity: readonly unknown[], parameters: typeof weights, names: readonly string[]) => {
    await using kept = await KeptReadings.open(identity, parameters, 2);
    return await kept.rows(names, async (places) => {
      made.push([...places]);
      return places.map(rowOf);
    });
  };
  const names = [[3], [4], [3]].map((items) => readingName(Int32Array.from(items), (item) => [item, 9]));
  const first = await ask(["x"], weights, names);
  expect(made).toEqual([[2, 1]]); // alike ones together
  expect(first).toEqual([rowOf(2), rowOf(1), rowOf(2)]);
  expect(await ask(["x"], weights, names.slice(0, 2))).toEqual(first.slice(0, 2));
  expect(made).toHaveLength(1);
  const words = await ask(["y"], weights, names);
  const learned = await ask(["x"], { a: float32(Float32Array.of(1, 3), [2]) }, names);
  expect([words, learned]).toEqual([first, first]);
  expect(made).toEqual([
    [2, 1],
    [2, 1],
    [2, 1],
  ]);
  const retold = readingName(Int32Array.of(3), (item) => [item, 8]);
  expect(names).not.toContain(retold); // the same item under another title
});

const rows = [
  [1, 2, 3],
  [4, 5, 6, 1],
  [2, 6, 4],
  [3, 1, 5],
];
const catalogue = new Catalogue(
  Array.from({ length: 6 }, (_, at) => ({
    item: `item ${at + 1}`,
    title: `thing ${at}`,
    category: at % 2 ? "odd" : "even",
  })),
);

test("whoever opens a finished run again finds what it read, with other ways of answering, too; training keeps nothing", async () => {
  const llm = await writeTinyLanguageModel(join(folder, "model"));
  const options = {
    llm,
    llmMode: "lora",
    leastSteps: 1,
    epochs: 1,
    dim: 8,
    hidden: 16,
    maxLength: 4,
    steps: 20,
    negatives: 8,
    pretrainEpochs: 0,
    llmEpochs: 1,
    promptTokens: 700,
    loraRank: 2,
    rerank: false,
    collaborative: false,
    text: false,
  } as const;
  const own = configured(deftrec, options);
  const earlier = await fitted(own, trainView(Histories.from(rows), catalogue));
  const states = vi.spyOn(LanguageModel.prototype, "states");
  const likelihoods = vi.spyOn(LanguageModel.prototype, "likelihoods");
  const scored = async (recommender: Recommender, keeps: boolean, by: Earlier = earlier) => {
    await using ranker = (await recommender.open(by, catalogue, { ...context, keeps })) as Ranker;
    const read = await ranker.encode(
      rows.map((row) => ({ history: Int32Array.from(row) })),
      Key.of(1),
    );
    return (await ranker.score(read)).generator;
  };
  const text = configured(deftrec, { ...options, retrieval: "text" });
  const hybrid = configured(deftrec, { ...options, retrieval: "hybrid" });
  const calls = () => [states.mock.calls.length, likelihoods.mock.calls.length];

  const plain = await scored(own, false);
  const [once] = calls();
  await scored(own, false);
  expect(calls()).toEqual([2 * once, 0]);
  expect(await scored(own, true)).toEqual(plain);
  expect(calls()).toEqual([3 * once, 0]);
  expect(await scored(own, true)).toEqual(plain);
  const worded = await scored(text, true);
  expect(calls()).toEqual([3 * once, 1]);
  expect(await scored(text, true)).toEqual(worded);
  await scored(hybrid, true);
  expect(calls()).toEqual([3 * once, 1]);
});
