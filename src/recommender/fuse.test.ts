import { expect, test } from "vitest";
import { fuse } from "./fuse.ts";

const neural = Float32Array.of(1, 2, -Infinity);
const counted = Float32Array.of(10, -Infinity, 30);

test("one expert's scores are the scores", () => {
  expect(fuse({ neural })).toBe(neural);
});

test("experts add up by their weights, and what one of them does not generate stays out", () => {
  expect([...fuse({ neural, counted }, { neural: 2, counted: 0.5 })]).toEqual([2 * 1 + 0.5 * 10, -Infinity, -Infinity]);
});

test("an expert of weight 0 has no say, not even by what it does not generate", () => {
  expect([...fuse({ neural, counted }, { neural: 0, counted: 1 })]).toEqual([10, -Infinity, 30]);
  expect([...fuse({ neural, counted }, { counted: 1 })]).toEqual([10, -Infinity, 30]);
});

test("weights that are missing or fit no expert are our own mistake, and say so", () => {
  expect(() => fuse({ neural, counted })).toThrowErrorMatchingInlineSnapshot(
    `[Error: internal: 2 experts (neural, counted) were to be fused without weights.]`,
  );
  expect(() => fuse({ neural, counted }, { text: 1 })).toThrowErrorMatchingInlineSnapshot(
    `[Error: internal: fusion has a weight for "text", but the experts are neural, counted.]`,
  );
  expect(() => fuse({ neural, counted }, { neural: 0 })).toThrowErrorMatchingInlineSnapshot(
    `[Error: internal: fusion gives every expert the weight 0.]`,
  );
});
