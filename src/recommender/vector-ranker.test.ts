import { expect, test } from "vitest";
import { Key } from "#random";
import { context } from "../../test/suites/fitted.ts";
import { vectorRanker } from "./vector-ranker.ts";

const exported = () => ({ arrays: {}, formula: ["score = items · user"] });
const items = { data: Float32Array.of(0, 0, 1, 2, -1, 0.5, 3, 3), dim: 2 };
/** A profile's vector is its first item's, doubled. */
const vectorOf = ({ history }: { history: Int32Array }) =>
  items.data.slice(history[0] * 2, history[0] * 2 + 2).map((value) => 2 * value);

test("scores are inner products with every item, or with chosen ones", async () => {
  await using ranker = vectorRanker({ name: "toy", items, vectorOf, export: exported, runtime: context.runtime });
  const profiles = [{ history: Int32Array.of(1) }, { history: Int32Array.of(2, 3) }];
  const states = await ranker.encode(profiles, Key.of(1));
  // 2 · (1, 2) and 2 · (-1, .5) against (0, 0), (1, 2), (-1, .5), (3, 3)
  const { toy } = await ranker.score(states);
  expect([...toy]).toEqual([0, 10, 0, 18, 0, 0, 2.5, -3]);
  const { toy: chosen } = await ranker.score(states, Int32Array.of(3, 1));
  expect([...chosen]).toEqual([18, 10, -3, 0]);
  expect(await ranker.vectors?.()).toBe(items);
  expect(ranker.export?.()).toEqual(exported());
});

test("its scores are the products it says they are", async () => {
  await using ranker = vectorRanker({ name: "toy", items, vectorOf, export: exported, runtime: context.runtime });
  const states = await ranker.encode([{ history: Int32Array.of(1) }, { history: Int32Array.of(2) }], Key.of(1));
  const { toy } = await ranker.score(states);
  const queries = ranker.products!.queries(states);
  const { data, dim } = await ranker.products!.table();
  const product = [0, 1].flatMap((row) =>
    [0, 1, 2, 3].map((item) => queries[row * dim] * data[item * dim] + queries[row * dim + 1] * data[item * dim + 1]),
  );
  expect([...toy]).toEqual(product);
});
