import { expect, test } from "vitest";
import { Weights } from "#nn";
import { Key, TracedKey } from "#random";
import { int32, type Tensor } from "#tensor";
import { computed } from "../../../test/suites/computed.ts";
import { sequenceOptions } from "../../../test/suites/sequence-options.ts";
import { SequenceNetwork, type SequenceOptions } from "./index.ts";
import type { TracedBatch } from "./network.ts";

const [N, D] = [6, 3];
const ITEMS = [1, 2, 3, 4, 5, 0];
const TARGETS = [2, 3, 0, 5, 6, 0]; // a row of two, and one that ends early
const SHARED = [6, 2, 4];

/** A network whose state is the vector of the item it has just read. */
function mirror(options: Partial<SequenceOptions>) {
  const weights = Weights.draw(Key.of(3));
  const network = new SequenceNetwork(weights, sequenceOptions({ dim: D, ...options }), N, () => ({
    read: (vectors) => vectors,
  }));
  const items = Float64Array.from(weights.arrays["items.weight"].data as Float32Array, (value) => value * 50);
  (weights.arrays["items.weight"].data as Float32Array).set(items);
  return { weights, network, items };
}

/** The score of item `to` after item `from`, written out. */
function scoreOf({ items, cosine }: { items: Float64Array; cosine: boolean }) {
  const row = (item: number) => Array.from(items.subarray(item * D, (item + 1) * D));
  const length = (x: readonly number[]) => Math.sqrt(x.reduce((sum, value) => sum + value * value, 0));
  return (from: number, to: number) => {
    const [a, b] = [row(from), row(to)];
    const product = a.reduce((sum, value, d) => sum + value * b[d], 0);
    return cosine ? product / length(a) / length(b) / 0.07 / Math.sqrt(D) : product;
  };
}

async function lossOf(options: Partial<SequenceOptions>, negatives?: readonly number[]) {
  const { network, weights } = mirror(options);
  const shape = negatives?.length === ITEMS.length ? [2, 3] : [negatives?.length ?? 0];
  const inputs = {
    items: int32(ITEMS, [2, 3]),
    targets: int32(TARGETS, [2, 3]),
    ...(negatives && { negatives: int32(negatives, shape) }),
  };
  const trace = (x: Readonly<Record<string, Tensor>>) =>
    // The arrays that are fed have the names that the loss reads.

    network.loss(x as unknown as TracedBatch, TracedKey.root()).total;
  return Number((await computed(trace, { inputs, parameters: weights.arrays })).data[0]);
}

/** The mean of a cost over the positions that have a target. */
function meanCost(cost: (from: number, target: number, at: number) => number): number {
  const asked = TARGETS.flatMap((target, at) => (target === 0 ? [] : [cost(ITEMS[at], target, at)]));
  return asked.reduce((sum, each) => sum + each, 0) / asked.length;
}

test.each(["cosine", "inner"] as const)("full softmax leaves out padding, with scores by %s", async (scoring) => {
  const score = scoreOf({ items: mirror({ scoring }).items, cosine: scoring === "cosine" });
  const expected = meanCost((from, target) => {
    let total = 0;
    for (let item = 1; item <= N; item++) total += Math.exp(score(from, item));
    return Math.log(total) - score(from, target);
  });
  expect(await lossOf({ loss: "ce", scoring })).toBeCloseTo(expected, 4);
});

test("each loss is made of the scores of its own negatives", async () => {
  const score = scoreOf({ items: mirror({}).items, cosine: true });
  const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));
  const others = (from: number, target: number) =>
    SHARED.filter((item) => item !== target).map((item) => score(from, item));
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  expect(await lossOf({ loss: "top1" }, SHARED)).toBeCloseTo(
    meanCost((from, target) =>
      mean(others(from, target).map((n) => sigmoid(n - score(from, target)) + sigmoid(n * n))),
    ),
    4,
  );
  expect(await lossOf({ loss: "bpr-max", regularisation: 0.1 }, SHARED)).toBeCloseTo(
    meanCost((from, target) => {
      const scores = others(from, target);
      const total = scores.reduce((sum, n) => sum + Math.exp(n), 0);
      const weighted = (value: (n: number) => number) =>
        scores.reduce((sum, n) => sum + (Math.exp(n) / total) * value(n), 0);
      return -Math.log(weighted((n) => sigmoid(score(from, target) - n))) + 0.1 * weighted((n) => n * n);
    }),
    4,
  );
  const own = [4, 4, 0, 1, 1, 0];
  expect(await lossOf({ loss: "bce" }, own)).toBeCloseTo(
    meanCost(
      (from, target, at) => -Math.log(sigmoid(score(from, target))) - Math.log(1 - sigmoid(score(from, own[at]))),
    ),
    4,
  );
});
