import { expect, test } from "vitest";
import { fillNormal, Key } from "#random";
import { ComparisonCounter } from "./comparison-counter.ts";

test("counts what a loop counts, at every length around a multiple of four and beyond a page of memory", () => {
  for (const length of [0, 1, 2, 3, 4, 5, 7, 8, 9, 31, 16_384, 20_001]) {
    const scores = new Float32Array(length);
    fillNormal(Key.of(length), scores, 1);
    for (let at = 0; at < length; at += 3) scores[at] = Math.round(scores[at]); // ties
    const counter = new ComparisonCounter(length);
    for (const own of [0, 0.3, -Infinity, Number.POSITIVE_INFINITY]) {
      const below = scores.filter((score) => score < own).length;
      expect(counter.count(scores, own)).toEqual({ below, notBelow: length - below });
    }
  }
});

test("a NaN is counted nowhere, and beside one nothing is", () => {
  const counter = new ComparisonCounter(5);
  expect(counter.count(Float32Array.of(1, Number.NaN, 3, -0, 0), 0)).toEqual({ below: 0, notBelow: 4 });
  expect(counter.count(Float32Array.of(1, 2, 3, 4, 5), Number.NaN)).toEqual({ below: 0, notBelow: 0 });
  expect(counter.count(Float32Array.of(1, 2, 3, 4, 5), 3)).toEqual({ below: 2, notBelow: 3 }); // as if nobody had asked before
});
