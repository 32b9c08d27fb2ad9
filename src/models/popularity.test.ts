import { expect, test } from "vitest";
import { recommend } from "#recommender";
import { context, dataOf, pipelineOf } from "../../test/suites/fitted.ts";
import { recommenderSuite } from "../../test/suites/recommender.suite.ts";
import { popularity } from "./popularity.ts";

recommenderSuite(
  popularity,
  {},
  {
    skip: [
      { test: "it memorises eight histories", reason: "everyone gets the same list" },
      { test: "later items do not change earlier positions", reason: "nothing is made of positions" },
    ],
  },
);

const data = dataOf(
  [
    [1, 2, 2],
    [2, 3],
    [3, 2],
  ],
  4,
);

test("an item scores as often as it was taken, whoever asks", async () => {
  const { ranker, key } = await pipelineOf(popularity, {}, data);
  const profiles = [{ history: Int32Array.of(1) }, { history: Int32Array.of(4, 4) }];
  const states = await ranker.encode(profiles, key);
  expect([...(await ranker.score(states)).popularity]).toEqual([0, 1, 4, 2, 0, 0, 1, 4, 2, 0]);
  expect([...(await ranker.score(states, Int32Array.of(3, 2))).popularity]).toEqual([2, 4, 2, 4]);
});

test("what was taken is left out and the rest comes most popular first", async () => {
  const pipeline = await pipelineOf(popularity, {}, data);
  const answer = await recommend({ ...pipeline, profile: { history: Int32Array.of(2) }, topK: 4, maskHistory: true });
  expect(answer.items.map(({ index }) => index)).toEqual([3, 1, 4]);
});

test("counts of another catalogue are refused", async () => {
  const { open } = popularity.build({});
  const refused = await open({}, data.catalogue, context).catch(String);
  expect(refused).toMatchInlineSnapshot(
    `"CheckpointError: popularity: the saved array "counts" (float32 with 5 elements) is missing or does not fit. The artifact is damaged or belongs to another model or dataset; train again."`,
  );
});
