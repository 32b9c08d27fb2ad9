import { expect, test } from "vitest";
import { recommend } from "#recommender";
import { dataOf, pipelineOf } from "../../test/suites/fitted.ts";
import { recommenderSuite } from "../../test/suites/recommender.suite.ts";
import { itemknn } from "./itemknn.ts";

recommenderSuite(
  itemknn,
  { shrinkage: 0, decay: 1 },
  {
    skip: [{ test: "later items do not change earlier positions", reason: "positions are summed, none stands alone" }],
  },
);

const data = dataOf([[1, 2], [1, 2, 3], [3, 2], [4, 1], [5]], 6);
const PLAIN = { shrinkage: 0, inverseUserFrequency: false, decay: 1 };

test("who took 4 took 1; who took 1 took 2 (twice) and 3, by cosine; the rest follows by popularity", async () => {
  const pipeline = await pipelineOf(itemknn, PLAIN, data);
  const answer = await recommend({
    ...pipeline,
    profile: { history: Int32Array.of(4, 1) },
    topK: 6,
    maskHistory: true,
  });
  expect(answer.items.map(({ index }) => index)).toEqual([2, 3, 5, 6]);
  expect(answer.items[0].score).toBeCloseTo(2 / 3, 5); // C12 = 2, C11 = C22 = 3
  expect(answer.items[1].score).toBeCloseTo(1 / Math.sqrt(6), 5); // C13 = 1, C33 = 2
});

test("the order of a history matters only where older items count less", async () => {
  const scoresOf = async (decay: number, history: number[]) => {
    const { ranker, key } = await pipelineOf(itemknn, { ...PLAIN, decay }, data);
    return (await ranker.score(await ranker.encode([{ history: Int32Array.from(history) }], key))).itemknn;
  };
  const close = (a: Float32Array, b: Float32Array) => a.every((value, at) => Math.abs(value - b[at]) < 1e-6);
  expect(close(await scoresOf(1, [3, 4]), await scoresOf(1, [4, 3]))).toBe(true);
  expect(close(await scoresOf(0.5, [3, 4]), await scoresOf(0.5, [4, 3]))).toBe(false);
});

test("only the last items of a training history are counted", async () => {
  const { ranker, key } = await pipelineOf(itemknn, { ...PLAIN, fitLength: 2 }, data);
  const { itemknn: scores } = await ranker.score(await ranker.encode([{ history: Int32Array.of(3) }], key));
  expect(scores[1]).toBeLessThan(0.01); // 1 and 3 met only in [1, 2, 3], which now is [2, 3]
});
