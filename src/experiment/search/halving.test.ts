import { expect, test } from "vitest";
import { budgetOf, halving, pauseOf } from "./halving.ts";
import type { Trial } from "./trials.ts";

const trials = (count: number, epochs: number, validateEvery = 1): Trial[] =>
  Array.from({ length: count }, (_, at) => ({
    name: `trial-${at}`,
    given: {},
    paced: { name: "sequence", epochs, validateEvery },
  }));

test("27 trials of 27 epochs by thirds: 27 get one, 9 three, 3 nine, 1 all", () => {
  const all = trials(27, 27);
  const rungs = halving("toy", all, 3);
  expect(rungs).toEqual([{ trials: 27, epochs: 1 }, { trials: 9, epochs: 3 }, { trials: 3, epochs: 9 }, { trials: 1 }]);
  expect(budgetOf(all, rungs)).toBe(18 * 1 + 6 * 3 + 2 * 9 + 27);
});

test("the first rung reaches a validation, and a pause stands behind one", () => {
  const all = trials(16, 20, 4);
  const rungs = halving("toy", all, 2);
  expect(rungs).toEqual([{ trials: 16, epochs: 5 }, { trials: 8, epochs: 10 }, { trials: 4 }]);
  expect(rungs.map((rung) => pauseOf(all[0], rung))).toEqual([8, 12, undefined]);
});

test("too few trials, or epochs, to halve: one rung", () => {
  expect(halving("toy", trials(2, 30), 3)).toEqual([{ trials: 2 }]);
  expect(halving("toy", trials(9, 4, 2), 3)).toEqual([{ trials: 9 }]);
  expect(budgetOf(trials(9, 4), [{ trials: 9 }])).toBe(36);
});
