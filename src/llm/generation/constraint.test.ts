import { expect, test } from "vitest";
import { TokenTrie } from "./constraint.ts";

test("a trie allows what goes on, the end where a text may stop or go on, and nothing where it must stop", () => {
  const trie = new TokenTrie([[1, 2, 3], [1, 2], [4]], [0]);
  expect(trie.allowed([])).toEqual([1, 4]);
  expect(trie.allowed([1])).toEqual([2]);
  expect(trie.allowed([1, 2])).toEqual([3, 0]);
  expect(trie.allowed([1, 2, 3])).toEqual([]);
  expect(trie.allowed([9])).toEqual([]);
  expect([[1], [1, 2], [4], [1, 2, 3, 3]].map((tokens) => trie.has(tokens))).toEqual([false, true, true, false]);
});
