import { expect, test } from "vitest";
import { Histories } from "../histories.ts";
import { SPLIT_NAMES, splitBy, splitChoice } from "./split-by.ts";

const histories = Histories.from([[1, 2, 3, 4, 5, 6, 7, 8, 9, 10]]);

test("a split is what its name says, leave-two-out where nobody chooses, cut at .8 and .9", () => {
  expect(splitBy(histories).description).toEqual({ name: "leave-two-out" });
  expect(splitBy(histories, splitChoice()).test.targets[0]).toBe(10);
  expect(splitBy(histories, { by: "ratio" }).description).toEqual({ name: "ratio", at: [0.8, 0.9] });
  expect(splitChoice({ by: "ratio" })).toEqual({ by: "ratio", at: [0.8, 0.9] });
  const timed = new Histories(histories.items, histories.starts, histories.ends, Float64Array.from(histories.items));
  for (const by of SPLIT_NAMES) expect(splitBy(timed, { by }).description.name).toBe(by);
  expect(splitBy(timed, { by: "temporal" }).description.times).toEqual([9, 10]);
  expect(splitBy(timed, splitChoice({ by: "temporal", at: [3, 5] })).description.times).toEqual([3, 5]);
});

test("cuts that are none are refused", () => {
  expect(() => splitChoice({ by: "ratio", at: [0.9, 0.8] })).toThrowErrorMatchingInlineSnapshot(
    `[ConfigError: splitAt = 0.9,0.8: expected two rising shares between 0 and 1, where validation and test begin (0.8,0.9).]`,
  );
  expect(() => splitChoice({ by: "temporal", at: [0.8] })).toThrowErrorMatchingInlineSnapshot(
    `[ConfigError: splitAt = 0.8: expected two rising shares between 0 and 1, where validation and test begin (0.8,0.9), or two rising times in seconds since 1970 (UTC).]`,
  );
  expect(() => splitChoice({ at: [0.8, 0.9] })).toThrowErrorMatchingInlineSnapshot(
    `[ConfigError: splitAt = 0.8,0.9: expected nothing, because leave-two-out has no cuts; choose temporal or ratio.]`,
  );
  for (const at of [
    [0.8, 0.9, 0.95],
    [0, 0.5],
    [0.5, 1],
    [0.5, 2],
    [1e9, 2e9],
    [Number.NaN, 0.5],
  ]) {
    expect(() => splitChoice({ by: "ratio", at })).toThrow("two rising shares");
  }
});
