import { expect, test } from "vitest";
import { recommend } from "#recommender";
import { dataOf, pipelineOf } from "../../test/suites/fitted.ts";
import { popularity } from "./popularity.ts";

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
  const earlier = await popularity
    .build({})
    .open({}, data.catalogue, { runtime: { device: "cpu", threads: 1 }, emit: () => {} })
    .catch(String);
  expect(earlier).toMatchInlineSnapshot(
    `"CheckpointError: popularity: the saved array "counts" (float32 with 5 elements) is missing or does not fit. The artifact is damaged or belongs to another model or dataset; train again."`,
  );
});
