import { describe, expect, test } from "vitest";
import { Weights } from "#nn";
import { Key } from "#random";
import type { Learned } from "#recommender";
import { compile, int32 } from "#tensor";
import { TrainingStep } from "#train";
import { configured, dataOf } from "../../test/suites/fitted.ts";
import { recommenderSuite } from "../../test/suites/recommender.suite.ts";
import { config } from "./sasrec/config.ts";
import { sasRecNetwork } from "./sasrec/network.ts";
import { sasrec } from "./sasrec.ts";

const SMALL = { dim: 16, blocks: 1, hidden: 32, maxLength: 12, dropout: 0, batchSize: 4, negatives: 30 };
const OVERFIT = { ...SMALL, epochs: 150, learningRate: 0.01, average: 0, patience: 100, validateEvery: 50 };
const cpu = { device: "cpu", threads: 1 } as const;

/** The state at each position of one history, by the trained network. */
async function positionsOf(
  history: Int32Array,
  arrays: Parameters<typeof Weights.read>[0],
  options: object,
  items: number,
) {
  const weights = Weights.read(arrays);
  const network = sasRecNetwork(weights, config.parse(options), items);
  const length = history.length;
  const encode = compile("states", ({ row, positions }) => ({ states: network.states(row, positions) }), {
    runtime: cpu,
    parameters: weights.arrays,
  });
  const positions = int32(Int32Array.from(history.keys()), [length]);
  const { states } = await encode.run({ row: int32(history, [1, length]), positions });
  const data = states.data as Float32Array;
  return Array.from(history, (_, at) => data.slice((at * data.length) / length, ((at + 1) * data.length) / length));
}

recommenderSuite(sasrec, OVERFIT, {
  positions: (_, earlier, history) => positionsOf(history, earlier.sequence.arrays, OVERFIT, 40),
});

test("heads that do not divide the width are refused before anything is read", () => {
  expect(() => configured(sasrec, { dim: 10, heads: 4 })).toThrowErrorMatchingInlineSnapshot(
    `[ConfigError: sasrec: "heads" = 4 does not divide "dim" = 10 into equal parts.]`,
  );
});

test("a stride that leaves items between two windows is refused before anything is read", () => {
  expect(() => configured(sasrec, { maxLength: 20, windows: "sliding" })).toThrowErrorMatchingInlineSnapshot(
    `[ConfigError: sasrec: "stride" = 25 is above "maxLength" = 20, so that items would fall between two windows.]`,
  );
});

test("cut and sliding windows make an epoch longer, and steps say so", async () => {
  const data = dataOf([Array.from({ length: 30 }, (_, at) => 1 + at), [1, 2, 3]], 30); // 29 targets of one, 2 of the other
  const stepsOf = async (windows: "last" | "cut" | "sliding") => {
    const [stage] = configured(sasrec, { ...SMALL, batchSize: 1, windows, stride: 6 }).stages as readonly Learned[]; // sasrec has one stage, and it learns
    let batches = 0;
    for await (const _ of stage.epoch(data, {}, Key.of(1))) batches++;
    expect(stage.steps(data)).toBe(batches);
    return batches;
  };
  expect(await stepsOf("last")).toBe(2);
  expect(await stepsOf("cut")).toBe(3 + 1); // 29 = 12 + 12 + 5
  expect(await stepsOf("sliding")).toBe(4 + 1); // 29 = 12 + 6 + 6 + 5
});

describe("SASRec's losses", () => {
  const rows = [
    [1, 2, 3, 4],
    [5, 6, 7],
    [2, 4, 6, 8],
    [9, 10, 11, 12],
  ];
  const data = dataOf(rows, 12);

  async function firstLoss(loss: "bce" | "ce" | "sampled-softmax", negatives = 12, negativePower = 0): Promise<number> {
    const recommender = configured(sasrec, { ...SMALL, loss, negatives, negativePower });
    const [stage] = recommender.stages as readonly Learned[]; // sasrec has one stage, and it learns
    const weights = Weights.draw(Key.of(3));
    const model = stage.init(weights, data, {});
    await using step = new TrainingStep(stage, model, weights, stage.optimizer(10), cpu);
    for await (const batch of stage.epoch(data, {}, Key.of(4))) return (await step.take(batch, Key.of(5), 1)).total;
    throw new Error("no batch");
  }

  // With all N items sampled once, Σ exp(n - log(K q)) over the others is the full softmax: K q = 1 (K = N, q = 1/N).
  test("sampled softmax over the whole catalogue is the full softmax", async () => {
    expect(await firstLoss("sampled-softmax", 12)).toBeCloseTo(await firstLoss("ce"), 4);
  });

  // Item 2, 4, 6 … are taken more often than others; 40,000 draws leave a deviation of a few hundredths.
  test("sampled by popularity, the correction still aims at the full softmax", async () => {
    expect(await firstLoss("sampled-softmax", 40_000, 1)).toBeCloseTo(await firstLoss("ce"), 1);
  });

  // Untrained inner products are near 0, where -log σ(0) - log(1 - σ(0)) = 2 log 2.
  test("binary cross-entropy starts at two log two", async () => {
    const recommender = configured(sasrec, { ...SMALL, loss: "bce", scoring: "inner" });
    const [stage] = recommender.stages as readonly Learned[];
    const weights = Weights.draw(Key.of(3));
    const model = stage.init(weights, data, {});
    await using step = new TrainingStep(stage, model, weights, stage.optimizer(10), cpu);
    for await (const batch of stage.epoch(data, {}, Key.of(4))) {
      expect((await step.take(batch, Key.of(5), 1)).total).toBeCloseTo(2 * Math.log(2), 1);
    }
  });

  test("training with sampled softmax emits the graph that is kept", async () => {
    const recommender = configured(sasrec, SMALL);
    const [stage] = recommender.stages as readonly Learned[];
    const weights = Weights.draw(Key.of(3));
    await using step = new TrainingStep(stage, stage.init(weights, data, {}), weights, stage.optimizer(10), cpu);
    for await (const batch of stage.epoch(data, {}, Key.of(4))) {
      await expect(step.print(batch)).toMatchFileSnapshot("../../test/golden/graphs/sasrec.txt");
      break;
    }
  });
});
