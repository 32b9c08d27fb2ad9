import { expect, test } from "vitest";
import { Key } from "#random";
import { Batches, batchCount } from "./batches.ts";
import { Histories } from "./histories.ts";
import { type WindowRule, windowCount, windowsOf } from "./windows.ts";

const eight = Histories.from([[1, 2, 3, 4, 5, 6, 7, 8], [9, 10], [11], []]);

/** Each window as what it reads → the newest item it is asked for. */
function spelled(histories: Histories, maxLength: number, rule?: WindowRule): string[] {
  const { count, users, ends, widths } = windowsOf(histories, maxLength, rule);
  expect(windowCount(histories, maxLength, rule)).toBe(count);
  return Array.from({ length: count }, (_, k) => {
    const read = histories.items.subarray(ends[k] - widths[k], ends[k]);
    return `${users[k]}: ${read.join(" ")} → ${histories.items[ends[k]]}`;
  });
}

test("last is the most recent stretch, one window a user with something to predict", () => {
  expect(spelled(eight, 3)).toEqual(["0: 5 6 7 → 8", "1: 9 → 10"]);
  expect(spelled(eight, 3, "last")).toEqual(spelled(eight, 3));
});

test("cut goes on from the end to the beginning, windows side by side", () => {
  expect(spelled(eight, 3, "cut")).toEqual(["0: 5 6 7 → 8", "0: 2 3 4 → 5", "0: 1 → 2", "1: 9 → 10"]);
  expect(spelled(eight, 7, "cut")).toEqual(["0: 1 2 3 4 5 6 7 → 8", "1: 9 → 10"]);
  expect(spelled(eight, 3, { stride: 3 })).toEqual(spelled(eight, 3, "cut"));
});

test("a stride makes windows that overlap, until one begins the history", () => {
  expect(spelled(eight, 4, { stride: 2 })).toEqual(["0: 4 5 6 7 → 8", "0: 2 3 4 5 → 6", "0: 1 2 3 → 4", "1: 9 → 10"]);
  expect(spelled(eight, 6, { stride: 1 })).toEqual(["0: 2 3 4 5 6 7 → 8", "0: 1 2 3 4 5 6 → 7", "1: 9 → 10"]);
});

test("a stride that would leave items out, or is none, is refused", () => {
  expect(() => windowsOf(eight, 3, { stride: 4 })).toThrowErrorMatchingInlineSnapshot(
    `[ConfigError: windows: stride = 4: expected a whole number from 1 to maxLength = 3, so that no item falls between two windows.]`,
  );
  expect(() => windowCount(eight, 3, { stride: 0.5 })).toThrow("stride = 0.5");
});

/** Histories of 1 to 40 items, a row an item id: user · 100 + place. */
const spread = Histories.from(
  Array.from({ length: 120 }, (_, user) =>
    Array.from({ length: 1 + ((user * 7) % 40) }, (_, at) => user * 100 + at + 1),
  ),
);

test("cut into batches, every item but a user's first is a target exactly once, after its own past", () => {
  const options = { maxLength: 9, batchSize: 8, windows: "cut" } as const;
  const batches = [...Batches.of(spread, options, Key.of(2))];
  expect(batches.length).toBe(batchCount(spread, options));
  const targets: number[] = [];
  let wrong = 0;
  for (const { items, targets: asked, users } of batches) {
    asked.data.forEach((target, at) => {
      if (target === 0) return;
      targets.push(target);
      wrong += Number(items.data[at] !== target - 1); // ids follow one another within a user
      wrong += Number(Math.floor(target / 100) !== users[Math.floor(at / asked.shape[1])]);
    });
  }
  const expected = Array.from({ length: spread.users }, (_, user) => [...spread.of(user).subarray(1)]).flat();
  expect(wrong).toBe(0);
  expect(targets.sort((a, b) => a - b)).toEqual(expected);
});

test("windows are batched purely in the key, counted rightly with grown short batches and strides too", () => {
  for (const windows of ["cut", { stride: 4 }] as const) {
    for (const growShort of [false, true]) {
      const options = { maxLength: 9, batchSize: 8, windows, growShort };
      const epoch = (seed: number) => [...Batches.of(spread, options, Key.of(seed))];
      expect(epoch(1)).toEqual(epoch(1));
      expect(epoch(1)).not.toEqual(epoch(2));
      expect(epoch(3).length).toBe(batchCount(spread, options));
      expect(epoch(3)[2]).toEqual(Batches.of(spread, options, Key.of(3)).at(2));
    }
  }
});
