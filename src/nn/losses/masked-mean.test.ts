import { expect, test } from "vitest";
import { bool, float32, input } from "#tensor";
import { computed } from "../../../test/suites/computed.ts";
import { maskedMean } from "./index.ts";

const values = float32([1, 2, 3, 4], [2, 2]);
const mean = async (mask?: ReturnType<typeof bool> | ReturnType<typeof float32>, given = values) =>
  Number(
    (
      await computed((x) => maskedMean(x.values, x.mask), {
        inputs: mask ? { values: given, mask } : { values: given },
      })
    ).data[0],
  );

test("a bool mask takes the mean of what it keeps: (2 + 4) / 2", async () => {
  expect(await mean(bool([0, 1, 0, 1], [2, 2]))).toBe(3);
});

test("a float mask weighs: (2·1 + 4·3) / 4", async () => {
  expect(await mean(float32([0, 1, 0, 3], [2, 2]))).toBe(3.5);
});

test("without a mask all count, with an empty one the mean is 0", async () => {
  expect(await mean()).toBe(2.5);
  expect(await mean(bool([0, 0, 0, 0], [2, 2]))).toBe(0);
  expect(await mean(float32([0, 0, 0, 0], [2, 2]))).toBe(0);
});

test("what a bool mask leaves out may be anything", async () => {
  const wild = float32([1, Number.NaN, Number.POSITIVE_INFINITY, 5], [2, 2]);
  expect(await mean(bool([1, 0, 0, 1], [2, 2]), wild)).toBe(3);
});

test("a mask of another shape is named", () => {
  const traced = () => maskedMean(input("losses", [2, 3], "float32"), input("mask", [2], "bool"));
  expect(traced).toThrowErrorMatchingInlineSnapshot(
    `[ShapeError: maskedMean: expected a mask of shape [2, 3], as the values have, got input "mask" [2].]`,
  );
});
