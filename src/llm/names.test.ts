import { expect, test } from "vitest";
import { ggufName, huggingFaceName } from "./names.ts";

test("an address is found under both names", () => {
  const both = (address: string) => [huggingFaceName(address), ggufName(address)];
  expect(both("embedding.weight")).toEqual(["model.embed_tokens.weight", "token_embd.weight"]);
  expect(both("layers.12.attention.query.bias")).toEqual([
    "model.layers.12.self_attn.q_proj.bias",
    "blk.12.attn_q.bias",
  ]);
  expect(both("layers.0.attention.keyNorm.scale")).toEqual([
    "model.layers.0.self_attn.k_norm.weight",
    "blk.0.attn_k_norm.weight",
  ]);
  expect(both("norm.scale")).toEqual(["model.norm.weight", "output_norm.weight"]);
  expect(both("head.weight")).toEqual(["lm_head.weight", "output.weight"]);
  expect(() => huggingFaceName("layers.0.other.weight")).toThrow("internal: a decoder has no part");
});
