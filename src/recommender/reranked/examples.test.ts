import { expect, test } from "vitest";
import { silent } from "#base";
import { Histories } from "#data";
import { Key } from "#random";
import type { Context, Ranker } from "../contract.ts";
import { listsOf } from "./examples.ts";
import { statisticsOf } from "./statistics.ts";
import { innerFits } from "./withheld.ts";

const ITEMS = 9;
const context: Context = { runtime: { device: "cpu", threads: 1 }, emit: silent };
const histories = Histories.from([[1, 2, 3, 4], [5, 6], [7], [8, 9, 1], [2, 3, 4]]);

test("a fit is asked about the last items of its own users, each after all that stands before it", async () => {
  const asked: number[][] = [];
  const ranker: Ranker<Int32Array> = {
    experts: { even: "mass" },
    encode: async (profiles) => {
      asked.push(...profiles.map(({ history }) => [...history]));
      return profiles.map(({ history }) => history);
    },
    score: async (states) => ({ even: new Float32Array(states.length * (ITEMS + 1)).fill(1) }),
    [Symbol.asyncDispose]: async () => {},
  };
  const statistics = statisticsOf(histories, ITEMS);
  const mixture = { weights: { even: 1 }, prior: new Float32Array(ITEMS + 1).fill(1) };
  const options = { kinds: { even: "mass" }, mixture, statistics, count: ITEMS } as const;
  const [first, second] = innerFits(2, 2);
  // as: its own states come back
  const lists = await listsOf(ranker as Ranker, histories, first, options, Key.of(1), context);
  const wholes = asked.slice(0, asked.length / 2); // behind them the newest item of each alone
  expect(wholes).toEqual([[1, 2, 3], [1, 2], [2, 3], [2]]); // users 0, 4; user 2 has nothing before its only item
  expect(lists).toHaveLength(4);
  expect(await listsOf(ranker as Ranker, histories, second, options, Key.of(1), context)).toHaveLength(3); // users 1, 3
});
