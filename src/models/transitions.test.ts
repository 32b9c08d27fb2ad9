import { expect, test } from "vitest";
import { recommend } from "#recommender";
import { dataOf, pipelineOf } from "../../test/suites/fitted.ts";
import { recommenderSuite } from "../../test/suites/recommender.suite.ts";
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
