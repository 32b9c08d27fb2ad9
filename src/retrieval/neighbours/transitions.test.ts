import { expect, test } from "vitest";
import { Histories } from "#data";
import { Key, Stream } from "#random";
import { dense } from "../../../test/suites/dense.ts";
import { countInteractions } from "../popularity.ts";
import { type TransitionOptions, transitionKernel } from "./transitions.ts";

const DEFAULTS: TransitionOptions = { window: 10, lastItems: 200, back: 0.5, beta: 0.3 };

/** The slow twin: the formula over dense tables, pair by pair. */
function twin(rows: number[][], size: number, options: TransitionOptions): number[][] {
  const { window, lastItems, back, beta, distance } = options;
  const transitions = Array.from({ length: size }, () => new Array<number>(size).fill(0));
  const popularity = new Array<number>(size).fill(0);
  for (const row of rows) {
    for (const item of row) popularity[item]++;
    const seen = row.slice(-lastItems);
    for (let a = 0; a < seen.length; a++) {
      for (let b = a + 1; b < seen.length && b - a <= window; b++) {
        transitions[seen[a]][seen[b]] += distance === "1/sqrt(d)" ? 1 / Math.sqrt(b - a) : 1 / (b - a);
      }
    }
  }
  return transitions.map((row, i) =>
    row.map((value, j) => {
      const symmetric = value + back * transitions[j][i];
      return symmetric / (Math.max(popularity[i], 1) ** 0.5 * Math.max(popularity[j], 1) ** beta);
    }),
  );
}

test("three items taken in a row give the kernel worked out by hand", () => {
  const histories = Histories.from([
    [1, 2, 3],
    [1, 2],
  ]);
  // T12 = 1 + 1, T13 = 1/2, T23 = 1; pop = 2, 2, 1; back 1/2, beta 1: K_ij = (T_ij + T_ji / 2) / (√pop_i · pop_j)
  const kernel = transitionKernel(histories, countInteractions(histories, 3), { ...DEFAULTS, beta: 1 });
  const table = dense(kernel);
  expect(table[1][2]).toBeCloseTo(2 / (Math.SQRT2 * 2), 6);
  expect(table[2][1]).toBeCloseTo(1 / (Math.SQRT2 * 2), 6);
  expect(table[1][3]).toBeCloseTo(0.5 / Math.SQRT2, 6);
  expect(table[3][1]).toBeCloseTo(0.25 / 2, 6);
  expect(table[1][1]).toBe(0);
});

test("the kernel agrees with the formula pair by pair, with repeats, short windows and cut histories", () => {
  const stream = new Stream(Key.of(3).fold("transitions"));
  const tried: TransitionOptions[] = [
    DEFAULTS,
    { ...DEFAULTS, window: 2, lastItems: 5 },
    { ...DEFAULTS, back: 0, beta: 1 },
    { ...DEFAULTS, distance: "1/sqrt(d)", window: 20, back: 0.3 },
    { ...DEFAULTS, back: 1, beta: 0, lastItems: 1 },
  ];
  for (const options of tried) {
    const rows = Array.from({ length: 20 }, () => Array.from({ length: stream.below(30) }, () => 1 + stream.below(8)));
    const histories = Histories.from(rows);
    const kernel = transitionKernel(histories, countInteractions(histories, 8), options);
    const expected = twin(rows, 9, options);
    const actual = dense(kernel);
    for (let i = 0; i < 9; i++) {
      for (let j = 0; j < 9; j++) expect(actual[i][j]).toBeCloseTo(expected[i][j], 5);
    }
  }
});

test("only what lies inside the split is counted", () => {
  const histories = Histories.from([[1, 2, 3, 4]]).without(2);
  const kernel = transitionKernel(histories, countInteractions(histories, 4), DEFAULTS);
  expect([...kernel.columns]).toEqual([2, 1]); // 1 → 2 and back, nothing about 3 and 4
});
