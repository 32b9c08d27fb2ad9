import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { expect, test, vi } from "vitest";
import { Catalogue } from "#data";
import { recommend, type TrainView } from "#recommender";
import { selectTop } from "#retrieval";
import { configured, dataOf, fitted, opened, pipelineOf } from "../../test/suites/fitted.ts";
import { recommenderSuite } from "../../test/suites/recommender.suite.ts";
import { writeTinyEncoder } from "../../test/suites/tiny-encoder.ts";
import { transitions } from "./transitions.ts";

recommenderSuite(
  transitions,
  {},
  {
    skip: [{ test: "later items do not change earlier positions", reason: "positions are summed, none stands alone" }],
  },
);

const data = dataOf([[1, 2, 3], [1, 2], [4, 5], [5, 4], [5]], 6);

test("what follows the newest item comes first, what no transition reaches comes last, by popularity", async () => {
  const pipeline = await pipelineOf(transitions, {}, data);
  const answer = await recommend({ ...pipeline, profile: { history: Int32Array.of(1) }, topK: 6, maskHistory: true });
  // 1 → 2 (twice, next to it), 1 → 3 (once, two away); then 5 (3 times), 4 (twice), 6 (never)
  expect(answer.items.map(({ index }) => index)).toEqual([2, 3, 5, 4, 6]);
  const scores = answer.items.map(({ score }) => score);
  // T12 = 2, pop 2 and 2: 2 / (2^½ · 2^.3); T13 = ½, pop 2 and 1: ½ / 2^½
  expect(scores[0]).toBeCloseTo(2 / (2 ** 0.5 * 2 ** 0.3), 4); // and a whisper of popularity
  expect(scores[1]).toBeCloseTo(0.5 / 2 ** 0.5, 4);
  expect(scores[4]).toBe(0);
});

test("popularity never lifts an item over one that a transition reaches, however old and weak", async () => {
  const crowd = Array.from({ length: 300 }, () => [3]);
  const weak = [[1, 4, 5, 4, 5, 4, 5, 4, 5, 4, 2], ...crowd]; // 1 and 2 are ten apart
  const pipeline = await pipelineOf(transitions, {}, dataOf(weak, 25));
  const history = Int32Array.of(2, ...Array.from({ length: 19 }, (_, at) => 6 + at)); // 2 is the oldest looked up
  const answer = await recommend({ ...pipeline, profile: { history }, topK: 25, maskHistory: true });
  const order = answer.items.map(({ index }) => index);
  expect(order.indexOf(1)).toBeLessThan(order.indexOf(3));
});

test("only the last items of a history are looked up", async () => {
  const { ranker, key } = await pipelineOf(transitions, { queryLength: 2 }, data);
  const profiles = [{ history: Int32Array.of(4, 1, 2) }, { history: Int32Array.of(1, 2) }];
  const { transitions: scores } = await ranker.score(await ranker.encode(profiles, key));
  expect(scores.slice(0, 7)).toEqual(scores.slice(7));
});

test("chosen items score as they do among all", async () => {
  const { ranker, key } = await pipelineOf(transitions, {}, data);
  const states = await ranker.encode([{ history: Int32Array.of(1) }, { history: Int32Array.of(5, 3) }], key);
  const { transitions: all } = await ranker.score(states);
  const { transitions: some } = await ranker.score(states, Int32Array.of(4, 2));
  expect([...some]).toEqual([all[4], all[2], all[7 + 4], all[7 + 2]]);
});

const titles = ["OPI red nail lacquer", "OPI blue nail lacquer", "argan oil shampoo", "argan hair oil", "soap", ""];
const described: TrainView = {
  ...data,
  catalogue: new Catalogue(titles.map((title, at) => ({ item: `item ${at + 1}`, title }))),
};

test("items whose texts are alike are a second expert, transitions unchanged but for popularity's whisper", async () => {
  const { ranker, key } = await pipelineOf(transitions, { text: true }, described);
  expect(ranker.experts).toEqual({ transitions: "mass", tfidf: "mass" });
  const profiles = [{ history: Int32Array.of(4, 1) }]; // "argan hair oil", then "OPI red nail lacquer"
  const scores = await ranker.score(await ranker.encode(profiles, key));
  const { tfidf } = scores;
  expect(tfidf[2]).toBeGreaterThan(tfidf[3]); // like the newest, against like the one before
  expect(tfidf[3]).toBeGreaterThan(0);
  expect([tfidf[0], tfidf[1], tfidf[4], tfidf[5], tfidf[6]]).toEqual([0, 0, 0, 0, 0]);
  expect(scores.transitions[6]).toBe(0);
  expect(scores.transitions[2]).toBeCloseTo(2 / (2 ** 0.5 * 2 ** 0.3), 6);
});

test("a history's older items speak less by text too", async () => {
  const { ranker, key } = await pipelineOf(transitions, { text: true, textDecay: 0.5 }, described);
  const ask = async (...history: number[]) => {
    return (await ranker.score(await ranker.encode([{ history: Int32Array.from(history) }], key))).tfidf;
  };
  const [newest, older] = [await ask(1), await ask(1, 6)]; // 6 has no text
  expect(newest[2]).toBeGreaterThan(0);
  expect(older[2]).toBeCloseTo(newest[2] / 2, 6);
});

test("a sentence encoder's neighbours are a third expert, and what made them is named in the artifact", async () => {
  const folder = await mkdtemp(join(tmpdir(), "deftrec-transitions-"));
  try {
    vi.stubEnv("DEFTREC_CACHE", join(folder, "cache"));
    await writeTinyEncoder(folder);
    const recommender = configured(transitions, { textEncoder: folder });
    const named = ["red nail", "red nails", "one polish", "one", "polish", ""];
    const catalogue = new Catalogue(named.map((title, at) => ({ item: `item ${at + 1}`, title })));
    const earlier = await fitted(recommender, { ...data, catalogue });
    expect(earlier.sentences.files?.map(({ path }) => basename(path))).toEqual(["model.onnx", "tokenizer.json"]);
    const { ranker, key } = await opened(recommender, { ...data, catalogue }, earlier);
    expect(ranker.experts).toEqual({ transitions: "mass", tfidf: "mass", sentences: "mass" });
    const { sentences } = await ranker.score(await ranker.encode([{ history: Int32Array.of(1) }], key));
    expect(selectTop(sentences, 1).indices[0]).toBe(2);
    expect(sentences[6]).toBe(0);
  } finally {
    vi.unstubAllEnvs();
    await rm(folder, { recursive: true });
  }
});

test("text of a catalogue without a word is refused, with what to do", async () => {
  const wordless = fitted(configured(transitions, { text: true }), data);
  await expect(wordless).rejects.toMatchObject({ code: "no-text", field: "text" });
  await expect(wordless).rejects.toThrowErrorMatchingInlineSnapshot(
    `[DataError: transitions: text compares the texts of items, and none of the 6 items has a title, brand or category.]`,
  );
  await expect(fitted(configured(transitions, { textEncoder: "nowhere" }), data)).rejects.toThrow(
    "textEncoder compares",
  );
  await expect(fitted(configured(transitions, { textEncoder: "nowhere" }), described)).rejects.toMatchObject({
    code: "no-encoder",
  });
});

recommenderSuite(
  { ...transitions, title: "Item transitions by distance" },
  { distance: "1/sqrt(d)", window: 20, back: 0.3 },
  {
    skip: [{ test: "later items do not change earlier positions", reason: "positions are summed, none stands alone" }],
  },
);
