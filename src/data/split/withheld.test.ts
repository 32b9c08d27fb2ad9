import { expect, test } from "vitest";
import { Histories } from "../histories.ts";
import { leaveTwoOut } from "./leave-two-out.ts";
import { withheldTargets } from "./withheld.ts";

const { valid } = leaveTwoOut(
  Histories.from([
    [1, 2, 3, 4, 5],
    [6, 7, 8],
    [9, 1, 2, 3],
  ]),
);

test("one item further back is asked for, and who has nothing before it is not asked", () => {
  const inner = withheldTargets(valid, 1);
  expect(inner.count).toBe(2);
  expect([...inner.users]).toEqual([0, 2]);
  expect([...inner.targets]).toEqual([3, 1]); // validation asks for 4 after 1 2 3, and for 2 after 9 1
  expect([0, 1].map((k) => [...inner.historyOf(k)])).toEqual([[1, 2], [9]]);
});

test("of a fold, its users alone are asked: nothing was withheld from the others", () => {
  const [even, odd] = [0, 1].map((index) => withheldTargets(valid, 1, { index, of: 2 }));
  expect([...even.users]).toEqual([0, 2]);
  expect([...even.targets]).toEqual([3, 1]);
  expect(odd.count).toBe(0); // user 1 has nothing before the item
});

test("withholding nothing asks what validation asks", () => {
  expect(withheldTargets(valid, 0)).toBe(valid);
});
