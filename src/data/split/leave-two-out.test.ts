import { expect, test } from "vitest";
import { Histories } from "../histories.ts";
import { leaveTwoOut } from "./leave-two-out.ts";

const split = leaveTwoOut(Histories.from([[1, 2, 3, 4], [5, 6], [7, 8, 9], [1]]));

test("the last item is the test target and the one before it the validation target", () => {
  expect([...split.test.users]).toEqual([0, 2]);
  expect([...split.test.targets]).toEqual([4, 9]);
  expect([...split.valid.targets]).toEqual([3, 8]);
});

test("a target's history ends right before it", () => {
  expect([...split.test.historyOf(0)]).toEqual([1, 2, 3]);
  expect([...split.valid.historyOf(0)]).toEqual([1, 2]);
  expect([...split.test.historyOf(1)]).toEqual([7, 8]);
  expect([...split.valid.historyOf(1)]).toEqual([7]);
});

test("training sees everything but the two targets", () => {
  expect([...split.train.of(0)]).toEqual([1, 2]);
  expect([...split.train.of(2)]).toEqual([7]);
});

test("users with fewer than three items are trained on, counted and never asked", () => {
  expect([...split.train.of(1)]).toEqual([5, 6]);
  expect([...split.train.of(3)]).toEqual([1]);
  expect(split.unevaluated).toBe(2);
  expect([...split.valid.users]).toEqual([0, 2]);
});

test("a split copies no interaction", () => {
  const histories = Histories.from([[1, 2, 3, 4]]);
  const views = leaveTwoOut(histories);
  expect(views.train.items).toBe(histories.items);
  expect(views.test.historyOf(0).buffer).toBe(histories.items.buffer);
});
