import { expect, test } from "vitest";
import { Histories } from "#data";
import { askedHistories, responseArrays } from "./reasoning.ts";

test("asked are the last beginnings of each window, each once, the newest item being the last one's target", () => {
  const histories = Histories.from([[1, 2, 3, 4], [1, 2, 9], [5], [6, 7, 8, 9, 1, 2]]);
  const asked = (reasoningTargets: number, maxLength = 20) =>
    askedHistories(histories, { maxLength, reasoningTargets }).map((history) => [...history]);
  expect(asked(1)).toEqual([
    [1, 2, 3],
    [1, 2],
    [6, 7, 8, 9, 1],
  ]);
  expect(asked(2)).toEqual([[1, 2], [1, 2, 3], [1], [6, 7, 8, 9], [6, 7, 8, 9, 1]]);
  expect(asked(1, 3)).toEqual([
    [1, 2, 3],
    [1, 2],
    [8, 9, 1],
    [6, 7],
  ]);
});

test("responses of different lengths lie in one array, filled up with -1", () => {
  const { responses } = responseArrays([[3, 4], [], [5]]);
  expect(responses.shape).toEqual([3, 2]);
  expect([...responses.data]).toEqual([3, 4, -1, -1, 5, -1]);
});
