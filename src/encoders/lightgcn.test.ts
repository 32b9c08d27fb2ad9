import { describe, expect, test } from "vitest";
import { Weights } from "#nn";
import { Key } from "#random";
import { compile, float32, int32, type Tensor } from "#tensor";
import { context, dataOf } from "../../test/suites/fitted.ts";
import { interactionGraph } from "./interaction-graph.ts";
import { historyVector } from "./item-space.ts";
import { type LightGcnOptions, lightGcnSpace, lightGcnStages } from "./lightgcn.ts";
import type { PairExamples } from "./pair-objective.ts";

const rows = [[1, 2, 3], [2, 4], [3, 4, 1, 5], [5]];
const [USERS, ITEMS, DIM] = [4, 6, 4]; // item 6 was never taken
const data = dataOf(rows, ITEMS);
const NODES = USERS + ITEMS + 1;
const options: LightGcnOptions = {
  dim: DIM,
  layers: 3,
  loss: "bpr",
  negatives: 3,
  temperature: 0,
  l2: 0,
  batchSize: 4,
  learningRate: 0.01,
  epochs: 1,
  validateEvery: 1,
  patience: 1,
};

/** The first three powers of Â as dense matrices, by multiplying it with itself. */
function powers(): number[][][] {
  const graph = interactionGraph(data.histories, ITEMS);
  const once = Array.from({ length: NODES }, () => new Array<number>(NODES).fill(0));
  for (let row = 0; row < NODES; row++)
    for (let at = graph.starts[row]; at < graph.starts[row + 1]; at++) once[row][graph.columns[at]] = graph.values[at];
  const times = (a: number[][], b: number[][]) =>
    a.map((row) => row.map((_, column) => row.reduce((sum, value, k) => sum + value * b[k][column], 0)));
  const identity = once.map((row, at) => row.map((_, column) => (at === column ? 1 : 0)));
  const twice = times(once, once);
  return [identity, once, twice, times(twice, once)];
}

/** (I + A + A² + A³) / 4 times the table, densely. */
function denseMean(table: Float32Array): number[][] {
  const all = powers();
  return Array.from({ length: NODES }, (_, node) =>
    Array.from({ length: DIM }, (_, d) => {
      let sum = 0;
      for (const power of all) for (let k = 0; k < NODES; k++) sum += power[node][k] * table[k * DIM + d];
      return sum / 4;
    }),
  );
}

async function started() {
  const [graphStage, nodeStage] = lightGcnStages(options);
  const graph = await graphStage.compute(data);
  const weights = Weights.draw(Key.of(5));
  const model = nodeStage.init(weights, data, { graph });
  return { nodeStage, weights, model, earlier: { graph, nodes: { arrays: weights.arrays } } };
}

test("three layers are (I + A + A² + A³) / 4 of the table, in the graph and in the space", async () => {
  const { weights, earlier } = await started();
  const table = weights.arrays["nodes.weight"].data as Float32Array; // drawn as float32
  const expected = denseMean(table);
  const graph = interactionGraph(data.histories, ITEMS);
  const everyNode = Int32Array.from({ length: NODES }, (_, node) => node);
  await using propagate = compile("propagate", ({ x, nodes }) => ({ e: x.propagatedRows(graph, 3, nodes) }), {
    runtime: context.runtime,
  });
  const { e } = await propagate.run({ x: float32(table, [NODES, DIM]), nodes: int32(everyNode, [NODES]) });
  const space = lightGcnSpace(earlier, ITEMS, options);
  for (let node = 0; node < NODES; node++) {
    for (let d = 0; d < DIM; d++) {
      expect(Math.abs(Number(e.data[node * DIM + d]) - expected[node][d])).toBeLessThan(1e-5);
      const item = node - USERS;
      if (item < 1 || item === 6) continue;
      expect(Math.abs(space.items[item * DIM + d] - expected[node][d])).toBeLessThan(1e-5);
    }
  }
});

describe("the space", () => {
  test("reads a training user's history as that user's propagated vector less its own untouched one", async () => {
    const { weights, earlier } = await started();
    const table = weights.arrays["nodes.weight"].data as Float32Array;
    const space = lightGcnSpace(earlier, ITEMS, options);
    const expected = denseMean(table);
    rows.forEach((history, user) => {
      const vector = historyVector(space, Int32Array.from(history), 1);
      // E_l of a user for l ≥ 1 is a mean over E_{l-1} of its items: without E_0 / 4 the history is all there is.
      vector.forEach((value, d) => {
        expect(Math.abs(value - (expected[user][d] - table[user * DIM + d] / 4))).toBeLessThan(1e-5);
      });
    });
  });

  test("gives items that nobody took no vector, and the mean of users to whoever took only such", async () => {
    const { weights, earlier } = await started();
    const space = lightGcnSpace(earlier, ITEMS, options);
    expect([...space.items.slice(6 * DIM)]).toEqual([0, 0, 0, 0]);
    expect([...space.items.slice(0, DIM)]).toEqual([0, 0, 0, 0]);
    const expected = denseMean(weights.arrays["nodes.weight"].data as Float32Array);
    historyVector(space, Int32Array.of(6), 1).forEach((value, d) => {
      const mean = (expected[0][d] + expected[1][d] + expected[2][d] + expected[3][d]) / 4;
      expect(value).toBeCloseTo(mean, 5);
    });
  });
});

test("the squared untouched vectors of a batch are λ/2 Σ |e|² / B of the loss", async () => {
  const { weights, earlier } = await started();
  const [, stage] = lightGcnStages({ ...options, l2: 0.5 });
  const model = stage.init(weights, data, earlier);
  const [batch] = stage.epoch(data, earlier, Key.of(1));
  const table = weights.arrays["nodes.weight"].data as Float32Array;
  const nodes = [...batch.users.data, ...[...batch.items.data, ...batch.negatives.data].map((item) => USERS + item)];
  let squares = 0;
  for (const node of nodes) for (let d = 0; d < DIM; d++) squares += table[node * DIM + d] ** 2;
  await using step = compile<PairExamples, Record<string, Tensor>>("step", (traced) => model.loss(traced), {
    runtime: context.runtime,
    parameters: weights.arrays,
  });
  const parts = await step.run(batch);
  const [total, ranking, size] = ["total", "ranking", "size"].map((name) => Number(parts[name].data[0]));
  expect(size).toBeCloseTo((0.5 / 2) * (squares / 4), 5);
  expect(total).toBeCloseTo(ranking + size, 5);
});

test("a graph or table that does not fit is named", async () => {
  const { earlier } = await started();
  const space = (given: object) => () => lightGcnSpace(given as typeof earlier, ITEMS, options);
  expect(space({ graph: earlier.graph })).toThrowErrorMatchingInlineSnapshot(
    `[CheckpointError: lightgcn: the saved array "nodes.weight" (float32) is missing or does not fit. The artifact is damaged or belongs to another model or dataset; train again.]`,
  );
  expect(space({ nodes: earlier.nodes })).toThrowErrorMatchingInlineSnapshot(
    `[CheckpointError: lightgcn: the saved array "starts" (int32 with 12 elements) is missing or does not fit. The artifact is damaged or belongs to another model or dataset; train again.]`,
  );
});
