import { expect, test } from "vitest";
import { Weights } from "#nn";
import { Key } from "#random";
import { compile, type Tensor } from "#tensor";
import { context, dataOf } from "../../test/suites/fitted.ts";
import { historyVector } from "./item-space.ts";
import { type FactorOptions, factorSpace, factorStages } from "./matrix-factorization.ts";
import type { PairExamples } from "./pair-objective.ts";

const data = dataOf([[1, 2, 3], [2, 4], [3]], 4);
const DIM = 3;
const options: FactorOptions = {
  dim: DIM,
  loss: "bpr",
  negatives: 2,
  temperature: 0,
  l2: 0.5,
  batchSize: 4,
  learningRate: 0.01,
  epochs: 1,
  validateEvery: 1,
  patience: 1,
};

function started() {
  const [stage] = factorStages(options);
  const weights = Weights.draw(Key.of(5));
  const model = stage.init(weights, data);
  const table = (name: string) => weights.arrays[name].data as Float32Array; // drawn as float32
  const row = (name: string, at: number) => table(name).subarray(at * DIM, (at + 1) * DIM);
  return { stage, weights, model, table, row };
}

const dot = (a: Float32Array, b: Float32Array) => a.reduce((sum, value, d) => sum + value * b[d], 0);

test("a step's loss is the objective on the batch's rows, and λ/2 of their squares a pair", async () => {
  const { stage, weights, model, row } = started();
  const [batch] = stage.epoch(data, {}, Key.of(1));
  let [ranking, squares] = [0, 0];
  batch.users.data.forEach((user, at) => {
    const u = row("users.weight", user);
    const [p, n] = [batch.items, batch.negatives].map(({ data: items }) => row("items.weight", items[at]));
    ranking += Math.log(1 + Math.exp(dot(u, n) - dot(u, p))) / 4;
    squares += dot(u, u) + dot(p, p) + dot(n, n);
  });
  await using step = compile<PairExamples, Record<string, Tensor>>("step", (traced) => model.loss(traced), {
    runtime: context.runtime,
    parameters: weights.arrays,
  });
  const parts = await step.run(batch);
  expect(Number(parts.ranking.data[0])).toBeCloseTo(ranking, 5);
  expect(Number(parts.size.data[0])).toBeCloseTo((0.5 / 2) * (squares / 4), 5);
  expect(Number(parts.total.data[0])).toBeCloseTo(ranking + (0.5 / 2) * (squares / 4), 5);
});

test("the space holds item vectors, padding at 0, and reads a history as their sum", () => {
  const { weights, table, row } = started();
  const space = factorSpace({ factors: { arrays: weights.arrays } }, 4, options);
  expect([...space.items.slice(DIM)]).toEqual([...table("items.weight").slice(DIM)]);
  expect([...space.items.slice(0, DIM)]).toEqual([0, 0, 0]);
  historyVector(space, Int32Array.of(1, 4), 1).forEach((value, d) => {
    expect(value).toBeCloseTo((row("items.weight", 1)[d] + row("items.weight", 4)[d]) / Math.SQRT2, 5);
  });
  space.average.forEach((value, d) => {
    const sum = [0, 1, 2].reduce((total, user) => total + row("users.weight", user)[d], 0);
    expect(value).toBeCloseTo(sum / 3, 6);
  });
});
