import { expect, test } from "vitest";
import { meansOf, rankFigures } from "./figures.ts";

test("every rank metric stands at every cutoff, and says which other it restates there", () => {
  const figures = rankFigures([1, 5]);
  expect(figures.map(({ name }) => name)).toEqual([
    "HR@1",
    "HR@5",
    "MRR",
    "NDCG@1",
    "NDCG@5",
    "precision@1",
    "precision@5",
    "recall@1",
    "recall@5",
  ]);
  const restated = figures.flatMap(({ name, restates }) => (restates === undefined ? [] : [[name, restates]]));
  expect(Object.fromEntries(restated)).toMatchObject({ "recall@5": "HR@5", "precision@1": "HR@1" });
});

test("means are over all users, those out of reach included", () => {
  const means = meansOf(rankFigures([2]), Float64Array.of(1, 2, 4, Number.POSITIVE_INFINITY));
  expect(means).toMatchObject({ "HR@2": 2 / 4, "recall@2": 2 / 4, "precision@2": 1 / 4, MRR: (1 + 0.5 + 0.25) / 4 });
});
