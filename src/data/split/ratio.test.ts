import { expect, test } from "vitest";
import { Histories } from "../histories.ts";
import { leaveTwoOut } from "./leave-two-out.ts";
import { ratio } from "./ratio.ts";

const ten = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10];
const split = ratio(Histories.from([ten, [11, 12], [21, 22, 23, 24, 25]]), [0.6, 0.8]);

test("each part's first item is asked for, given everything before it", () => {
  // 10 items: train 1..6, validation begins with 7, test with 9. 5 items: train 21..23, then 24, then 25.
  expect([...split.train.of(0)]).toEqual([1, 2, 3, 4, 5, 6]);
  expect([...split.valid.targets]).toEqual([7, 24]);
  expect([...split.valid.historyOf(0)]).toEqual([1, 2, 3, 4, 5, 6]);
  expect([...split.test.targets]).toEqual([9, 25]);
  expect([...split.test.historyOf(0)]).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
  expect([...split.beforeTest.of(0)]).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
  expect([...split.test.users]).toEqual([0, 2]);
});

test("users with fewer than three items are trained on, counted and never asked", () => {
  expect([...split.train.of(1)]).toEqual([11, 12]);
  expect(split.unevaluated).toBe(1);
});

test("no part is ever empty, whatever the shares: three items are leave-two-out", () => {
  const histories = Histories.from([[1, 2, 3], ten]);
  for (const at of [
    [0.01, 0.02],
    [0.98, 0.99],
    [0.5, 0.501],
  ] as const) {
    const cut = ratio(histories, at);
    expect([...cut.train.of(0)]).toEqual([1]);
    expect([cut.valid.targets[0], cut.test.targets[0]]).toEqual([2, 3]);
    const [train, test] = [cut.train.lengthOf(1), cut.test.historyOf(1).length];
    expect(train >= 1 && train < test && test < 10).toBe(true);
  }
  const high = ratio(histories, [0.98, 0.99]);
  expect([...high.test.targets]).toEqual([...leaveTwoOut(histories).test.targets]);
  expect([...high.train.of(1)]).toEqual([...leaveTwoOut(histories).train.of(1)]);
});
