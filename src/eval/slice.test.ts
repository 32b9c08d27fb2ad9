import { expect, test } from "vitest";
import { Histories } from "#data";
import { type Slicing, sliced } from "./slice.ts";

const context = { train: Histories.from([]), popularity: new Float32Array(9) };
const parity: Slicing = {
  by: "target",
  parts: [
    { name: "even", bounds: "divisible by two" },
    { name: "odd", bounds: "the others" },
    { name: "none", bounds: "nobody" },
  ],
  partOf: ({ target }) => target % 2,
};

test("every user is in one part of each slicing, and an empty part has no figures", () => {
  const asked = [4, 7, 6].map((target, user) => ({ user, target }));
  const mean = (ranks: Float64Array) => ({ sum: ranks.reduce((sum, rank) => sum + rank, 0) });
  expect(sliced([parity], asked, Float64Array.of(1, 10, 100), context, mean)).toEqual([
    { by: "target", slice: "even", bounds: "divisible by two", users: 2, metrics: { sum: 101 } },
    { by: "target", slice: "odd", bounds: "the others", users: 1, metrics: { sum: 10 } },
    { by: "target", slice: "none", bounds: "nobody", users: 0, metrics: {} },
  ]);
});
