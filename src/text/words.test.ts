import { expect, test } from "vitest";
import { nGrams, withLeadingWords, words } from "./words.ts";

test("words are lower-case runs of letters, marks and digits", () => {
  expect(words("OPI Nail-Lacquer, 0.5 oz (Café)")).toEqual(["opi", "nail", "lacquer", "0", "5", "oz", "café"]);
  expect(words("हिन्दी 日本")).toEqual(["हिन्दी", "日本"]); // vowel marks stay in their word
  expect(words("Cafe\u0301")).toEqual(words("Café")); // written in one sign or in two
  expect(words(" — ")).toEqual([]);
});

test("n-grams are runs of neighbouring words", () => {
  expect(nGrams(["a", "b", "c"], 1, 2)).toEqual(["a", "b", "c", "a b", "b c"]);
  expect(nGrams(["a"], 2, 3)).toEqual([]);
});

test("leading words are terms that no word inside a title equals", () => {
  expect(withLeadingWords(["opi", "red", "opi"])).toEqual(["opi", "red", "opi", "^opi", "^^opi red"]);
  expect(withLeadingWords(["opi"])).toEqual(["opi", "^opi", "^^opi"]);
  expect(withLeadingWords([])).toEqual([]);
});
