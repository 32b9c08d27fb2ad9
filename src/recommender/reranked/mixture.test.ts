import { expect, test } from "vitest";
import { silent } from "#base";
import { Histories } from "#data";
import { Key } from "#random";
import type { Context, Ranker } from "../contract.ts";
import { likeliestMix, proportions, savedMixture } from "./mixture.ts";

const context: Context = { runtime: { device: "cpu", threads: 1 }, emit: silent };

test("two experts that are each right about their part of the users are weighed by those parts", () => {
  // Where shares do not overlap the likelihood is n₁ log w₁ + n₂ log w₂: its best is n / Σ n.
  const shares = [[0.5, 0], [0.1, 0], [0.9, 0], ...[0, 1].map((): number[] => [0, 0.3])];
  expect(proportions(shares, 2).weights[0]).toBeCloseTo(0.6, 6);
});

test("no other weights on a grid are likelier", () => {
  const shares = [
    [0.5, 0.1],
    [0.05, 0.2],
    [0.3, 0.25],
    [0.01, 0.4],
    [0.2, 0.02],
  ];
  const likelihood = (w: number) =>
    shares.reduce((sum, [a, b]) => sum + Math.log(w * a + (1 - w) * b), 0) / shares.length;
  const found = proportions(shares, 2);
  expect(found.likelihood).toBeCloseTo(likelihood(found.weights[0]), 9);
  for (let w = 0; w <= 1; w += 0.01) expect(likelihood(w)).toBeLessThanOrEqual(found.likelihood + 1e-6);
});

test("a target that nobody reaches says nothing, and where that is every one all weigh the same", () => {
  expect(
    proportions(
      [
        [0.5, 0],
        [0, 0],
        [0, 0.5],
      ],
      2,
    ).weights,
  ).toEqual(
    proportions(
      [
        [0.5, 0],
        [0, 0.5],
      ],
      2,
    ).weights,
  );
  expect(proportions([[0, 0]], 2)).toEqual({ weights: [0.5, 0.5], likelihood: 0 });
});

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
  const artifact = await likeliestMix(ranker as Ranker, kinds, histories, statistics, Key.of(1), context); // as: its own states come back
  const { weights, prior } = savedMixture(artifact, kinds, statistics);
  expect(weights.even).toBeCloseTo(1, 6);
  expect(prior[6]).toBeCloseTo(30 ** 0.8, 3);
});
