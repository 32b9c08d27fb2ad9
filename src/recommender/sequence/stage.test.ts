import { expect, test } from "vitest";
import { Key } from "#random";
import { dataOf } from "../../../test/suites/fitted.ts";
import { sequenceOptions } from "../../../test/suites/sequence-options.ts";
import { type SequenceBatch, SequenceNetwork, type SequenceOptions, sequenceStage } from "./index.ts";

const data = dataOf(
  [
    [1, 2, 3, 4],
    [5, 6, 7],
    [2, 4, 6, 8, 1, 3],
    [9, 10],
  ],
  12,
);

function stageOf(given: Partial<SequenceOptions>) {
  const options = sequenceOptions({ batchSize: 2, negatives: 5, ...given });
  return sequenceStage(
    options,
    (weights, size) => new SequenceNetwork(weights, options, size, () => ({ read: (vectors) => vectors })),
  );
}

async function batchesOf(given: Partial<SequenceOptions>, key: Key): Promise<SequenceBatch[]> {
  const batches: SequenceBatch[] = [];
  for await (const batch of stageOf(given).epoch(data, {}, key)) batches.push(batch);
  return batches;
}

test("negatives are none, one for each target, or shared, as the loss needs them", async () => {
  for (const batch of await batchesOf({ loss: "ce" }, Key.of(1))) expect(batch.negatives).toBeUndefined();
  for (const { targets, negatives } of await batchesOf({ loss: "bce" }, Key.of(1))) {
    expect(negatives?.shape).toEqual(targets.shape);
    expect(Array.from(negatives!.data, (item) => item > 0)).toEqual(Array.from(targets.data, (item) => item > 0));
  }
  for (const loss of ["sampled-softmax", "bpr-max", "top1"] as const) {
    for (const { negatives } of await batchesOf({ loss }, Key.of(1))) {
      expect(negatives?.shape).toEqual([5]);
      expect(new Set(negatives!.data).size).toBe(5);
    }
  }
});

test("by popularity, shared negatives come with their log probabilities where the loss corrects by them", async () => {
  const taken = [0, 2, 2, 2, 2, 1, 2, 1, 1, 1, 1, 1, 1]; // of items 1..12; nobody took 11 and 12, which count once
  const total = taken.reduce((sum, count) => sum + count, 0);
  for (const { negatives, logQ } of await batchesOf({ negativePower: 1 }, Key.of(1))) {
    expect(logQ?.shape).toEqual([5]);
    negatives!.data.forEach((item, at) => {
      expect(logQ!.data[at]).toBeCloseTo(Math.log(taken[item] / total), 5);
    });
  }
  for (const { logQ } of await batchesOf({ loss: "top1", negativePower: 1 }, Key.of(1))) expect(logQ).toBeUndefined();
});

test("an epoch follows from its key, and has the steps that were announced", async () => {
  const first = await batchesOf({}, Key.of(1));
  expect(await batchesOf({}, Key.of(1))).toEqual(first);
  expect(await batchesOf({}, Key.of(2))).not.toEqual(first);
  expect(stageOf({}).steps(data)).toBe(first.length);
  expect(first[0].negatives).not.toEqual(first[1].negatives);
});

test("every item but a history's first is a target once, beside the item before it", async () => {
  const pairs = (await batchesOf({ loss: "ce" }, Key.of(1))).flatMap(({ items, targets }) =>
    Array.from(targets.data, (target, at) => `${items.data[at]}>${target}`).filter((_, at) => targets.data[at] > 0),
  );
  const expected = ["1>2", "2>3", "3>4", "5>6", "6>7", "2>4", "4>6", "6>8", "8>1", "1>3", "9>10"];
  expect(pairs.sort()).toEqual(expected.sort());
});
