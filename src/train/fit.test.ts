import { expect, test } from "vitest";
import { silent } from "#base";
import { Key } from "#random";
import type { Computed, Recommender } from "#recommender";
import { dataOf } from "../../test/suites/fitted.ts";
import { fit as train } from "./fit.ts"; // linters take a bare fit() in a test for a focused one

/** A stage that leaves nothing and tells what it was shown. */
function looking(name: string, seen: Record<string, number[][]>, withhold?: number): Computed {
  return {
    kind: "computed",
    name,
    withhold,
    compute: async ({ histories }) => {
      seen[name] = Array.from({ length: histories.users }, (_, user) => [...histories.of(user)]);
      return { arrays: {} };
    },
  };
}

test("a stage that withholds items never sees them, and the stages around it still do", async () => {
  const seen: Record<string, number[][]> = {};
  const stages = [looking("all", seen), looking("less", seen, 1), looking("again", seen)];
  // The ranker is never opened: fit only trains.
  const recommender: Recommender = { stages, open: () => Promise.reject(new Error("not asked for")) };
  const context = { runtime: { device: "cpu", threads: 1 } as const, emit: silent };
  await train({ recommender, data: dataOf([[1, 2, 3], [4], []], 4), key: Key.of(1), context });
  expect(seen.all).toEqual([[1, 2, 3], [4], []]);
  expect(seen.less).toEqual([[1, 2], [], []]);
  expect(seen.again).toEqual(seen.all);
});
