import fc from "fast-check";
import { expect, test } from "vitest";
import { Catalogue } from "#data";
import { selectTop } from "../select.ts";
import { byAttributes, byVectors, diversify, requireDiversity } from "./diversity.ts";

const candidates = selectTop(Float32Array.of(-Infinity, 10, 9, 8, 0), 4);
/** 1, 2 and 3 are alike, 4 is like nothing. */
const alike = (a: number, b: number) => (a < 4 && b < 4 ? 1 : 0);
const listOf = (x: number, topK = 4) => [...diversify(candidates, topK, x, alike).indices];

test("by hand: relevances are 1, 0.9, 0.8, 0 and likeness takes its share", () => {
  // x = 0.4: after 1, 2 has 0.6 · 0.9 − 0.4 = 0.14, 3 has 0.08, 4 has 0.
  expect(listOf(0.4)).toEqual([1, 2, 3, 4]);
  // x = 0.5: 2 has 0.45 − 0.5 < 0 = what 4 has.
  expect(listOf(0.5)).toEqual([1, 4, 2, 3]);
  expect(listOf(1, 2)).toEqual([1, 4]);
  expect([...diversify(candidates, 2, 1, alike).scores]).toEqual([10, 0]);
});

test("none of it is the plain list, and any of it keeps the best item first", () => {
  const scores = fc.array(fc.float({ noNaN: true, min: -100, max: 100 }), { minLength: 1, maxLength: 30 });
  const vectors = fc.array(fc.float({ noNaN: true, min: -1, max: 1 }), { minLength: 62, maxLength: 62 });
  fc.assert(
    fc.property(scores, vectors, fc.double({ min: 0, max: 1, noNaN: true }), (given, data, x) => {
      const all = selectTop(Float32Array.from([-Infinity, ...given]), 30);
      const similarity = byVectors({ data: Float32Array.from(data), dim: 2 });
      expect(diversify(all, 7, 0, similarity)).toEqual(selectTop(Float32Array.from([-Infinity, ...given]), 7));
      const list = diversify(all, 7, x, similarity).indices;
      expect(list[0]).toBe(all.indices[0]);
      expect(new Set(list).size).toBe(Math.min(7, given.length));
    }),
  );
});

test("stretching or shifting all scores changes nothing", () => {
  const stretched = { indices: candidates.indices, scores: candidates.scores.map((score) => 4 * score - 64) };
  for (const x of [0.2, 0.4, 0.5, 0.8]) {
    expect([...diversify(stretched, 4, x, alike).indices]).toEqual(listOf(x));
  }
});

test("likeness is the cosine of vectors, or shared words, or unknown", () => {
  const similarity = byVectors({ data: Float32Array.of(9, 9, 1, 0, 2, 2, -1, 0, 0, 0), dim: 2 });
  expect(similarity(1, 2)).toBeCloseTo(Math.SQRT1_2);
  expect(similarity(1, 3)).toBe(0);
  expect(similarity(1, 4)).toBe(0); // a vector of nothing is like nothing
  const words = byAttributes(
    new Catalogue([
      { item: "a", brand: "x", category: "c" },
      { item: "b", brand: "x", category: "c" },
      { item: "c", category: "c" },
      { item: "d" },
    ]),
  );
  expect([words?.(1, 2), words?.(1, 3), words?.(3, 4), words?.(4, 4)]).toEqual([1, 0.5, 0, 0]);
  expect(byAttributes(new Catalogue([{ item: "a", title: "alone" }]))).toBeUndefined();
});

test("a share is between 0 and 1", () => {
  expect(() => requireDiversity(1.5)).toThrowErrorMatchingInlineSnapshot(
    `[ConfigError: diversity = 1.5: expected a number from 0 (the plain list) to 1 (as unlike as can be).]`,
  );
  expect(() => requireDiversity(Number.NaN)).toThrow("diversity = NaN");
});
