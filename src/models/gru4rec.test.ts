import { describe, expect, test } from "vitest";
import { Weights } from "#nn";
import { Key } from "#random";
import type { Learned } from "#recommender";
import { compile, int32 } from "#tensor";
import { TrainingStep } from "#train";
import { configured, dataOf } from "../../test/suites/fitted.ts";
import { recommenderSuite } from "../../test/suites/recommender.suite.ts";
import { config } from "./gru4rec/config.ts";
import { gru4recNetwork } from "./gru4rec/network.ts";
import { gru4rec } from "./gru4rec.ts";

const SMALL = { dim: 16, hidden: 24, maxLength: 12, dropout: 0, batchSize: 4, negatives: 30 };
const OVERFIT = { ...SMALL, epochs: 150, learningRate: 0.01, average: 0, patience: 100, validateEvery: 50 };
const cpu = { device: "cpu", threads: 1 } as const;

/** The state at each position of one history, by the trained network. */
async function positionsOf(history: Int32Array, arrays: Parameters<typeof Weights.read>[0], items: number) {
  const weights = Weights.read(arrays);
  const network = gru4recNetwork(weights, config.parse(OVERFIT), items);
  const length = history.length;
  const encode = compile("states", ({ row, positions }) => ({ states: network.states(row, positions) }), {
    runtime: cpu,
    parameters: weights.arrays,
  });
  const positions = int32(Int32Array.from(history.keys()), [length]);
  const { states } = await encode.run({ row: int32(history, [1, length]), positions });
  const data = states.data as Float32Array; // states are float32
  return Array.from(history, (_, at) => data.slice((at * data.length) / length, ((at + 1) * data.length) / length));
}

recommenderSuite(gru4rec, OVERFIT, {
  positions: (_, earlier, history) => positionsOf(history, earlier.sequence.arrays, 40),
});

test("a stride that leaves items between two windows is refused before anything is read", () => {
  expect(() => configured(gru4rec, { maxLength: 20, windows: "sliding" })).toThrowErrorMatchingInlineSnapshot(
    `[ConfigError: gru4rec: "stride" = 25 is above "maxLength" = 20, so that items would fall between two windows.]`,
  );
});

describe("GRU4Rec's losses", () => {
  const rows = [
    [1, 2, 3, 4],
    [5, 6, 7],
    [2, 4, 6, 8],
    [9, 10, 11, 12],
  ];
  const data = dataOf(rows, 12);

  async function stepping(options: object) {
    const recommender = configured(gru4rec, { ...SMALL, ...options });
    const [stage] = recommender.stages as readonly Learned[]; // gru4rec has one stage, and it learns
    const weights = Weights.draw(Key.of(3));
    const step = new TrainingStep(stage, stage.init(weights, data, {}), weights, stage.optimizer(200), cpu);
    const losses: number[] = [];
    for (let epoch = 0; losses.length < 60; epoch++) {
      for await (const batch of stage.epoch(data, {}, Key.of(4).fold(epoch))) {
        losses.push((await step.take(batch, Key.of(5), losses.length + 1)).total);
      }
    }
    await step[Symbol.asyncDispose]();
    return losses;
  }

  // Untrained inner products are near 0: σ(0) + σ(0) = 1, -log σ(0) = log 2, log 12 for twelve items alike.
  test.each([
    ["top1", 1],
    ["bpr-max", Math.LN2],
    ["ce", Math.log(12)],
    ["sampled-softmax", Math.log(12)],
    ["bce", 2 * Math.LN2],
  ])("%s starts where nothing is known, and falls", async (loss, start) => {
    const losses = await stepping({ loss, scoring: "inner", negatives: 12, learningRate: 0.01, average: 0 });
    expect(losses[0]).toBeCloseTo(start, 1);
    expect(losses[59]).toBeLessThan(0.9 * start);
  });

  test("training with sampled softmax emits the graph that is kept", async () => {
    const [stage] = configured(gru4rec, SMALL).stages as readonly Learned[];
    const weights = Weights.draw(Key.of(3));
    await using step = new TrainingStep(stage, stage.init(weights, data, {}), weights, stage.optimizer(10), cpu);
    for await (const batch of stage.epoch(data, {}, Key.of(4))) {
      await expect(step.print(batch)).toMatchFileSnapshot("../../test/golden/graphs/gru4rec.txt");
      break;
    }
  });
});
