import { expect, test } from "vitest";
import { Key, Stream } from "#random";
import { protocolOrder } from "./protocol-order.ts";
import { rankOf } from "./rank-of.ts";

test("the target stands after all equal scores, the others by index", () => {
  const scores = Float32Array.of(-Infinity, 2, 5, 2, 2, 1);
  const { indices, scores: listed } = protocolOrder(scores, 1, rankOf(scores, 1), 10);
  expect([...indices]).toEqual([2, 3, 4, 1, 5]);
  expect([...listed]).toEqual([5, 2, 2, 2, 1]);
});

test("a target that its equals push past the end makes room for one of them", () => {
  const scores = Float32Array.of(-Infinity, 2, 5, 2, 2);
  expect([...protocolOrder(scores, 1, rankOf(scores, 1), 2).indices]).toEqual([2, 3]);
});

test("on many tied rows the target is found at its rank, or not at all where that is past the depth", () => {
  const stream = new Stream(Key.of(8).fold("rows"));
  for (let round = 0; round < 60; round++) {
    const scores = Float32Array.from({ length: 12 }, (_, at) =>
      at === 0 || stream.below(5) === 0 ? -Infinity : stream.below(4),
    );
    const target = 1 + stream.below(11);
    const rank = rankOf(scores, target);
    const depth = 1 + stream.below(14);
    const { indices } = protocolOrder(scores, target, rank, depth);
    const reachable = scores.filter((score) => score > -Infinity).length;
    expect(indices).toHaveLength(Math.min(depth, reachable));
    expect(new Set(indices).size).toBe(indices.length);
    expect(indices.indexOf(target) + 1).toBe(rank <= depth ? rank : 0);
  }
});
