import { expect, test } from "vitest";
import { standardised } from "#encoders";
import { Key } from "#random";
import { configured, context, dataOf, fitted } from "../../../test/suites/fitted.ts";
import { lightgcn } from "../lightgcn.ts";
import { collaborativeRanker, collaborativeSpace, collaborativeStages } from "./collaborative.ts";

// Two circles that nobody crosses, and item 9, which nobody takes.
const data = dataOf(
  [
    [1, 2, 3],
    [2, 3, 4],
    [1, 3, 4],
    [5, 6, 7],
    [6, 7, 8],
    [5, 7, 8],
  ],
  9,
);

/** A recommender of these stages alone. */
function alone() {
  return { stages: collaborativeStages({ dim: 8 }), open: collaborativeRanker };
}

test("it ranks what a history's circle takes above the other circle, for a history nobody trained on", async () => {
  const earlier = await fitted(alone(), data);
  expect(Object.keys(earlier)).toEqual(["lightgcn-graph", "lightgcn-nodes", "lightgcn"]);
  await using ranker = await collaborativeRanker(earlier, data.catalogue, context);
  const states = await ranker.encode([{ history: Int32Array.of(1, 2) }], Key.of(1));
  const { lightgcn: scores } = await ranker.score(states);
  expect(Math.min(scores[3], scores[4])).toBeGreaterThan(Math.max(...scores.slice(5, 9)));
});

test("the same key leaves the same space, in the arrays that LightGCN alone leaves", async () => {
  const mine = await fitted(alone(), data);
  const twice = await fitted(alone(), data);
  expect(twice.lightgcn).toEqual(mine.lightgcn);
  const { items, parts, average } = collaborativeSpace(mine, 9);
  const other = await fitted(configured(lightgcn, { dim: 8 }), data);
  expect([items.length, parts.length, average.length]).toEqual([80, 80, 8]);
  expect(Object.keys(other.space.arrays)).toEqual(Object.keys(mine.lightgcn.arrays));
});

test("standardised, trained items have mean 0 and deviation 1 in each dimension, and an item nobody takes is 0", async () => {
  const vectors = standardised(collaborativeSpace(await fitted(alone(), data), 9));
  for (let d = 0; d < 8; d++) {
    const column = Array.from({ length: 8 }, (_, at) => vectors[(at + 1) * 8 + d]);
    const mean = column.reduce((sum, value) => sum + value) / 8;
    expect(mean).toBeCloseTo(0, 4);
    expect(column.reduce((sum, value) => sum + value * value, 0) / 8).toBeCloseTo(1, 4);
  }
  expect([...vectors.slice(72)]).toEqual(new Array(8).fill(0));
});
