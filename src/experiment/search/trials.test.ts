import { expect, test } from "vitest";
import { findModel } from "../models.ts";
import { drawTrials } from "./trials.ts";

const draw = (count: number, space = {}, seed = 1) => drawTrials("sasrec", findModel("sasrec"), space, count, seed);

test("trials follow from the seed, and more trials begin with the same ones", () => {
  const space = { learningRate: { min: 1e-4, max: 1e-2, log: true }, dim: [16, 32] };
  const eight = draw(8, space);
  expect(draw(4, space)).toEqual(eight.slice(0, 4));
  expect(draw(8, space, 2)).not.toEqual(eight);
  expect(eight.map(({ name }) => name).at(-1)).toBe("trial-008");
});

test("no configuration is tried twice, none that the model refuses, and a small space is tried whole", () => {
  const trials = draw(50, { dim: [12, 16], heads: [2, 3, 4], epochs: 5, validateEvery: 2 });
  const configs = trials.map(({ given }) => `${given.dim}/${given.heads}`);
  expect(configs.sort()).toEqual(["12/2", "12/3", "12/4", "16/2", "16/4"]); // 3 does not divide 16
  expect(trials[0].paced).toEqual({ name: "sequence", epochs: 5, validateEvery: 2 });
});

test("defaults alone are one trial", () => {
  expect(draw(3)).toHaveLength(1);
  expect(drawTrials("popularity", findModel("popularity"), {}, 3, 1)).toEqual([{ name: "trial-001", given: {} }]);
});
