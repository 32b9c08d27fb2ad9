import { expect, test } from "vitest";
import { Histories, leaveTwoOut } from "#data";
import { fitted, unseenBy } from "./fit-on.ts";

const all = Histories.from([
  [1, 2, 3, 4],
  [5, 6],
]);
const rows = (histories: Histories) => [0, 1].map((user) => [...histories.of(user)]);

test("a run sees the training items, the validation targets with them, or everything", () => {
  const split = leaveTwoOut(all);
  expect(rows(fitted(all, split, "train"))).toEqual([
    [1, 2],
    [5, 6],
  ]);
  expect(rows(fitted(all, split, "train+valid"))).toEqual([
    [1, 2, 3],
    [5, 6],
  ]);
  expect(rows(fitted(all, split, "all"))).toEqual([
    [1, 2, 3, 4],
    [5, 6],
  ]);
});

test("nobody is asked for what they were fitted on", () => {
  expect(unseenBy("run", "train", "valid")).toBe("train");
  expect(unseenBy("run", "train+valid", "test")).toBe("train+valid");
  expect(() => unseenBy("run", "train+valid", "valid")).toThrowErrorMatchingInlineSnapshot(
    `[ConfigError: run: this run was fitted on the validation targets too. Its figures would be those of a model that knows.]`,
  );
  expect(() => unseenBy("run", "all", "test")).toThrowErrorMatchingInlineSnapshot(
    `[ConfigError: run: this run was fitted on everything, so that it has no test. Its figures would be those of a model that knows.]`,
  );
});
