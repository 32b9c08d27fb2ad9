import { expect, test } from "vitest";
import { EVERYONE, inFold } from "./fold.ts";

test("every user is in one fold, and in the only one", () => {
  const folds = [0, 1, 2].map((index) => ({ index, of: 3 }));
  for (let user = 0; user < 7; user++) {
    expect(folds.filter((fold) => inFold(user, fold))).toHaveLength(1);
    expect(inFold(user, EVERYONE)).toBe(true);
  }
  expect([0, 1, 2, 3, 4].filter((user) => inFold(user, folds[1]))).toEqual([1, 4]);
});
