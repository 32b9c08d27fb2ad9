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

test("forks are where texts part, behind the tokens that lead there and no others", () => {
  const texts = [
    [1, 2, 3, 4],
    [1, 2, 5, 6],
    [1, 2, 5, 7],
    [8, 9],
  ];
  expect(new TokenTrie(texts).forks).toEqual({
    tokens: [1, 2, 5],
    parents: [-1, 0, 1],
    forks: [
      { at: -1, tokens: [1, 8] },
      { at: 1, tokens: [3, 5] },
      { at: 2, tokens: [6, 7] },
    ],
  });
  expect(new TokenTrie([[1, 2]]).forks).toEqual({ tokens: [], parents: [], forks: [] });
});
