import { expect, test } from "vitest";
import { Histories, splitBy } from "#data";
import { askedProfiles } from "./asked-profiles.ts";

const { test: targets } = splitBy(
  Histories.from([
    [1, 2, 3, 4],
    [5, 6, 7],
  ]),
);

test("only a ranker that reads answers is told them", () => {
  expect(askedProfiles({}, targets, [1, 0]).map(({ history, ...rest }) => [[...history], rest])).toEqual([
    [[5, 6], {}],
    [[1, 2, 3], {}],
  ]);
  expect(askedProfiles({ readsAnswer: true }, targets, [1]).map(({ answer }) => answer)).toEqual([7]);
});
