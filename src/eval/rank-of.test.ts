import { expect, test } from "vitest";
import { Key, Stream } from "#random";
import { rankOf } from "./rank-of.ts";

test("the highest score has rank 1 and padding never stands before it", () => {
  const row = Float32Array.of(99, 0.5, 3, -1); // column 0 is padding
  expect([1, 2, 3].map((target) => rankOf(row, target))).toEqual([2, 1, 3]);
});

test("the target stands after all equal scores", () => {
  const row = Float32Array.of(0, 1, 1, 1, 0);
  expect([1, 2, 3].map((target) => rankOf(row, target))).toEqual([3, 3, 3]);
  expect(rankOf(new Float32Array(5), 2)).toBe(4); // a model that says nothing is last, not first
});

test("a target that scores -Infinity is out of reach, and masked items stand before nobody", () => {
  const row = Float32Array.of(-Infinity, -Infinity, 0, -Infinity);
  expect(rankOf(row, 1)).toBe(Number.POSITIVE_INFINITY);
  expect(rankOf(row, 2)).toBe(1);
});

test("ranks agree with counting by hand on many tied scores", () => {
  const stream = new Stream(Key.of(5).fold("ranks"));
  for (let round = 0; round < 30; round++) {
    const columns = 2 + stream.below(40);
    const row = Float32Array.from({ length: columns }, () => stream.below(6) - 3);
    const target = 1 + stream.below(columns - 1);
    const others = [...row.keys()].slice(1).filter((item) => item !== target);
    expect(rankOf(row, target)).toBe(1 + others.filter((item) => row[item] >= row[target]).length);
  }
});

test("a NaN is refused, wherever it stands", () => {
  expect(() => rankOf(Float32Array.of(0, Number.NaN, 1), 2)).toThrow(/not numbers \(NaN\)/);
  expect(() => rankOf(Float32Array.of(0, Number.NaN, 1), 1)).toThrow(/not numbers \(NaN\)/);
  expect(rankOf(Float32Array.of(Number.NaN, 0, 1), 2)).toBe(1); // padding does not take part
});
