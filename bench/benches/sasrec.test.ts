import { expect, test } from "vitest";
import { Histories } from "#data";
import { catalogueOf, initialWeights } from "./sasrec.ts";

test("the model's addresses are the parameters that bench/peers/sasrec.py names", () => {
  const data = { histories: Histories.from([]), catalogue: catalogueOf(3), shard: { rank: 0, size: 1 } };
  const addresses = Object.keys(initialWeights(data)).filter((address) => !address.startsWith("blocks.1."));
  expect(addresses.sort()).toEqual([
    "blocks.0.attention.key.bias",
    "blocks.0.attention.key.weight",
    "blocks.0.attention.output.bias",
    "blocks.0.attention.output.weight",
    "blocks.0.attention.query.bias",
    "blocks.0.attention.query.weight",
    "blocks.0.attention.value.bias",
    "blocks.0.attention.value.weight",
    "blocks.0.attentionNorm.scale",
    "blocks.0.attentionNorm.shift",
    "blocks.0.feedForward.down.bias",
    "blocks.0.feedForward.down.weight",
    "blocks.0.feedForward.up.bias",
    "blocks.0.feedForward.up.weight",
    "blocks.0.feedForwardNorm.scale",
    "blocks.0.feedForwardNorm.shift",
    "items.weight",
    "norm.scale",
    "norm.shift",
    "positions.weight",
  ]);
});
