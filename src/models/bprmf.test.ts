import { expect, test } from "vitest";
import { Weights } from "#nn";
import { Key } from "#random";
import type { Learned } from "#recommender";
import { TrainingStep } from "#train";
import { configured, context, dataOf, pipelineOf } from "../../test/suites/fitted.ts";
import { recommenderSuite } from "../../test/suites/recommender.suite.ts";
import { bprmf } from "./bprmf.ts";

const OVERFIT = { dim: 32, epochs: 200, batchSize: 32, validateEvery: 50, l2: 0, learningRate: 0.02, decay: 1 };

recommenderSuite(bprmf, OVERFIT, {
  skip: [{ test: "later items do not change earlier positions", reason: "items are summed, none stands alone" }],
});

const rows = [
  [1, 2, 3],
  [2, 3],
  [4, 5, 6],
];

async function stepped(steps: number) {
  const data = dataOf(rows, 8);
  const [stage] = configured(bprmf, { dim: 4, batchSize: 2, l2: 0 }).stages as readonly [Learned]; // the first one learns
  const weights = Weights.draw(Key.of(3));
  const model = stage.init(weights, data, {});
  const before = (weights.arrays["items.weight"].data as Float32Array).slice();
  await using step = new TrainingStep(stage, model, weights, stage.optimizer(10), context.runtime);
  const touched = new Set<number>();
  let taken = 0;
  for await (const batch of stage.epoch(data, {}, Key.of(4))) {
    if (taken === steps) break;
    for (const item of [...batch.items.data, ...batch.negatives.data]) touched.add(Number(item));
    await step.take(batch, Key.of(5), ++taken);
  }
  return { before, after: weights.arrays["items.weight"].data as Float32Array, touched };
}

test("a step changes the rows of its batch and no others", async () => {
  const { before, after, touched } = await stepped(1);
  expect(touched.size).toBeLessThan(8);
  for (let item = 0; item <= 8; item++) {
    const same = after.slice(item * 4, item * 4 + 4).every((value, d) => value === before[item * 4 + d]);
    expect(same, `item ${item}`).toBe(!touched.has(item));
  }
});

test("training emits the graph that is kept", async () => {
  const data = dataOf(rows, 6);
  const [stage] = configured(bprmf, { dim: 8, batchSize: 4, l2: 0.1 }).stages as readonly [Learned];
  const weights = Weights.draw(Key.of(3));
  await using step = new TrainingStep(
    stage,
    stage.init(weights, data, {}),
    weights,
    stage.optimizer(10),
    context.runtime,
  );
  for await (const batch of stage.epoch(data, {}, Key.of(4))) {
    await expect(step.print(batch)).toMatchFileSnapshot("../../test/golden/graphs/bprmf.txt");
    break;
  }
});

test("sampled softmax ranks by cosines, as it was trained", async () => {
  const { ranker, key } = await pipelineOf(bprmf, { dim: 4, loss: "sampled-softmax", epochs: 2 }, dataOf(rows, 6));
  const { bprmf: scores } = await ranker.score(await ranker.encode([{ history: Int32Array.of(2) }], key));
  const vectors = (await ranker.vectors?.())!;
  for (let item = 1; item <= 6; item++) {
    const row = vectors.data.subarray(item * 4, item * 4 + 4);
    expect(row.reduce((sum, value) => sum + value * value, 0)).toBeCloseTo(1, 5);
  }
  expect(Math.max(...scores.slice(1))).toBe(scores[2]); // nothing is nearer to item 2 than itself
  await ranker[Symbol.asyncDispose]();
});
