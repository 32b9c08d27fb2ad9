import { describe, expect, test } from "vitest";
import { historyVector, type ItemSpace, moments, spaceFromArrays, spaceToArrays, standardised } from "./item-space.ts";

const items = Float32Array.of(0, 0, 1, 5, 3, 5, 0, 0); // items 1 and 2 were trained, 3 was not
const space: ItemSpace = {
  dim: 2,
  items,
  parts: Float32Array.of(0, 0, 1, 0, 0, 2, 0, 0),
  average: Float32Array.of(0.5, -0.5),
  ...moments(items, 2, [0, 4, 1, 0]),
};

test("mean and deviation are those of trained items", () => {
  expect([...space.mean]).toEqual([2, 5]); // (1 + 3) / 2, (5 + 5) / 2
  expect([...space.deviation]).toEqual([1, 0]);
});

test("standardised vectors have mean 0 and deviation 1; padding, untrained items and dimensions that do not vary are 0", () => {
  expect([...standardised(space)]).toEqual([0, 0, -1, 0, 1, 0, 0, 0]);
});

describe("a history's vector", () => {
  const vector = (history: readonly number[], decay = 1) => [...historyVector(space, Int32Array.from(history), decay)];

  test("sums its distinct items' parts over the root of their number", () => {
    expect(vector([1])).toEqual([1, 0]);
    expect(vector([1, 2, 1])).toEqual([Math.fround(1 / Math.SQRT2), Math.fround(2 / Math.SQRT2)]);
  });

  test("with decay an item weighs less the more distinct items were taken after it", () => {
    // 1 is the newest (weight 1), then 2 (weight .25); the older 1 counts no more.
    expect(vector([1, 2, 1], 0.25)).toEqual([Math.fround(1 / Math.sqrt(1.25)), Math.fround(0.5 / Math.sqrt(1.25))]);
  });

  test("of untrained items only it is the average user's", () => {
    expect(vector([3])).toEqual([0.5, -0.5]);
    expect(vector([])).toEqual([0.5, -0.5]);
  });
});

test("a space survives its artifact, and one that does not fit is named", () => {
  expect(spaceFromArrays(spaceToArrays(space), 3, "test")).toEqual(space);
  expect(() => spaceFromArrays(spaceToArrays(space), 4, "lightgcn")).toThrowErrorMatchingInlineSnapshot(
    `[CheckpointError: lightgcn: the saved array "items" (float32 with 10 elements) is missing or does not fit. The artifact is damaged or belongs to another model or dataset; train again.]`,
  );
  expect(() => spaceFromArrays(undefined, 3, "lightgcn")).toThrowErrorMatchingInlineSnapshot(
    `[CheckpointError: lightgcn: the saved array "average" (float32) is missing or does not fit. The artifact is damaged or belongs to another model or dataset; train again.]`,
  );
});
