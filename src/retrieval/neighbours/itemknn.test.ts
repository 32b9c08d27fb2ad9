import { expect, test } from "vitest";
import { Histories } from "#data";
import { Key, Stream } from "#random";
import type { SparseMatrix } from "#tensor";
import { interactionMatrix } from "../interactions.ts";
import { type ItemKnnOptions, itemKnnKernel } from "./itemknn.ts";

const PLAIN: ItemKnnOptions = { shrinkage: 0, neighbours: 100, inverseUserFrequency: false };

function kernelOf(rows: number[][], items: number, options: ItemKnnOptions, counts = false): SparseMatrix {
  return itemKnnKernel(interactionMatrix(Histories.from(rows), items, { lastItems: 1000, counts }), options);
}

/** Row of the kernel: neighbour → similarity, in stored order. */
function neighboursOf(kernel: SparseMatrix, item: number): Map<number, number> {
  const places = Array.from(
    { length: kernel.starts[item + 1] - kernel.starts[item] },
    (_, at) => kernel.starts[item] + at,
  );
  return new Map(places.map((at) => [kernel.columns[at], kernel.values[at]]));
}

// Four users, four items: C11 = 3, C22 = 3, C33 = 2, C44 = 1; C12 = 2, C13 = 1, C14 = 1, C23 = 2, C24 = C34 = 0.
const FOUR = [
  [1, 2],
  [1, 2, 3],
  [3, 2],
  [4, 1],
];

test("four users and four items, by hand: C_ij / √(C_ii C_jj), nearest first", () => {
  const kernel = kernelOf(FOUR, 4, PLAIN);
  expect([...neighboursOf(kernel, 1).keys()]).toEqual([2, 4, 3]);
  expect(neighboursOf(kernel, 1).get(2)).toBeCloseTo(2 / 3, 6);
  expect(neighboursOf(kernel, 1).get(4)).toBeCloseTo(1 / Math.sqrt(3), 6);
  expect(neighboursOf(kernel, 1).get(3)).toBeCloseTo(1 / Math.sqrt(6), 6);
  expect([...neighboursOf(kernel, 2).keys()]).toEqual([3, 1]);
  expect(neighboursOf(kernel, 2).get(3)).toBeCloseTo(2 / Math.sqrt(6), 6);
  expect([...neighboursOf(kernel, 4).keys()]).toEqual([1]);
  expect(neighboursOf(kernel, 0).size).toBe(0);
});

test("shrinkage stands in the divisor, and only the k nearest are kept", () => {
  const kernel = kernelOf(FOUR, 4, { ...PLAIN, shrinkage: 10, neighbours: 1 });
  expect([...neighboursOf(kernel, 1)]).toEqual([[2, Math.fround(2 / 13)]]);
  expect([...neighboursOf(kernel, 3)]).toEqual([[2, Math.fround(2 / (Math.sqrt(6) + 10))]]);
});

test("of equally near items the one with the lower index is kept", () => {
  const kernel = kernelOf([[3, 2, 4, 1]], 4, { ...PLAIN, neighbours: 2 });
  expect([...neighboursOf(kernel, 3).keys()]).toEqual([1, 2]);
});

test("a user who took everything says less: weights 1 / log(1 + items)", () => {
  const kernel = kernelOf(FOUR, 4, { ...PLAIN, inverseUserFrequency: true });
  const [two, three] = [1 / Math.log(3), 1 / Math.log(4)];
  // C13 = w(2nd user), who took three items; C11 = w1 + w2 + w4; C33 = w2 + w3
  expect(neighboursOf(kernel, 1).get(3)).toBeCloseTo(three / Math.sqrt((2 * two + three) * (two + three)), 6);
});

test("the kernel agrees with the formula pair by pair, binary and with counts", () => {
  const stream = new Stream(Key.of(3).fold("itemknn"));
  const rows = Array.from({ length: 25 }, () => Array.from({ length: stream.below(12) }, () => 1 + stream.below(9)));
  for (const counts of [false, true]) {
    for (const inverseUserFrequency of [false, true]) {
      const kernel = kernelOf(rows, 9, { shrinkage: 3, neighbours: 9, inverseUserFrequency }, counts);
      const taken = (user: number, item: number) => {
        const times = rows[user].filter((one) => one === item).length;
        return counts ? times : Math.min(1, times);
      };
      const weight = (user: number) => (inverseUserFrequency ? 1 / Math.log(1 + new Set(rows[user]).size) : 1);
      const c = (i: number, j: number) =>
        rows.reduce(
          (sum, row, user) => (row.length === 0 ? sum : sum + weight(user) * taken(user, i) * taken(user, j)),
          0,
        );
      for (let i = 1; i <= 9; i++) {
        const found = neighboursOf(kernel, i);
        for (let j = 1; j <= 9; j++) {
          const expected = i === j ? 0 : c(i, j) / (Math.sqrt(c(i, i) * c(j, j)) + 3);
          expect(found.get(j) ?? 0).toBeCloseTo(expected, 5);
        }
        const values = [...found.values()];
        expect(values).toEqual(values.toSorted((a, b) => b - a));
      }
    }
  }
});
