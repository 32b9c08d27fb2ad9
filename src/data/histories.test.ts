import { expect, test } from "vitest";
import { Histories } from "./histories.ts";

const histories = Histories.from([[1, 2, 3], [], [4]]);

test("each user's items stand between their bounds", () => {
  expect(histories.users).toBe(3);
  expect(histories.interactions).toBe(4);
  expect([0, 1, 2].map((user) => [...histories.of(user)])).toEqual([[1, 2, 3], [], [4]]);
  expect(histories.lengthOf(0)).toBe(3);
});

test("withholding hides the last items without copying, and never goes below nothing", () => {
  const shorter = histories.without(2);
  expect([0, 1, 2].map((user) => [...shorter.of(user)])).toEqual([[1], [], []]);
  expect(shorter.items).toBe(histories.items);
});

test("what is withheld from a fold leaves everyone else's histories whole", () => {
  const shorter = histories.without(1, { index: 0, of: 2 });
  const whole = [0, 1, 2].map((user) => [...histories.of(user)]);
  expect([0, 1, 2].map((user) => [...shorter.of(user)])).toEqual([
    whole[0].slice(0, -1),
    whole[1],
    whole[2].slice(0, -1),
  ]);
});

test("reversed, everyone's items inside the bounds stand newest first, and the original is as it was", () => {
  const histories = Histories.from([[1, 2, 3], [], [4, 5]]).without(1);
  const reversed = histories.reversed();
  expect([0, 1, 2].map((user) => [...reversed.of(user)])).toEqual([[2, 1], [], [4]]);
  expect([...histories.of(0)]).toEqual([1, 2]);
});
