import { expect, test } from "vitest";
import { silent } from "#base";
import { Histories } from "#data";
import { Key } from "#random";
import type { Context, Ranker } from "../contract.ts";
import { likeliestMix, savedMixture, targetShares } from "./mixture.ts";

const context: Context = { runtime: { device: "cpu", threads: 1 }, emit: silent };

test("the trend is as strong as makes the withheld items likeliest, and the expert that knows them is heard", async () => {
  const items = 6;
  // Item 6 is where everyone ends; `even` thinks all items alike, `wrong` that it is 1.
  const histories = Histories.from(Array.from({ length: 30 }, (_, user) => [2 + (user % 3), 5, 6]));
  const trend = Float32Array.of(1, 1, 1, 1, 1, 1, 30);
  const statistics = { trend, popularity: new Float32Array(items + 1), age: new Float32Array(items + 1) };
  const kinds = { even: "logits", wrong: "mass" } as const;
  const ranker: Ranker<Int32Array> = {
    experts: kinds,
    encode: async (profiles) => profiles.map(({ history }) => history),
    score: async (states) => ({
      even: new Float32Array(states.length * (items + 1)),
      wrong: Float32Array.from({ length: states.length * (items + 1) }, (_, at) => Number(at % (items + 1) === 1)),
    }),
    [Symbol.asyncDispose]: async () => {},
  };
  const some = [...histories.starts.keys()].map((user) => histories.of(user));
  const shares = await targetShares(ranker as Ranker, kinds, some, statistics, Key.of(1), context); // as: its own states come back
  const artifact = likeliestMix([shares], 2);
  const { weights, prior } = savedMixture(artifact, kinds, statistics);
  expect(weights.even).toBeCloseTo(1, 6);
  expect(prior[6]).toBeCloseTo(30 ** 0.8, 3);
});
