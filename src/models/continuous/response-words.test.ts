import { expect, test } from "vitest";
import { Catalogue } from "#data";
import { namesOfWords, responseWords } from "./response-words.ts";

const of = (categories: readonly string[]) =>
  new Catalogue(categories.map((category, at) => ({ item: String(at), ...(category !== "" && { category }) })));

test("categories that several items share are the words", () => {
  expect(responseWords(of(["a/b", "a/b", "a/c", "", "a/c", "a/b", "", "a/c", "a/b"]))).toEqual({
    names: ["a/b", "a/c", ""],
    wordOf: [0, 0, 1, 2, 1, 0, 2, 1, 0],
  });
});

test("of categories that are names the part of the path that tells most apart and still is shared", () => {
  const brands = ["p", "q", "r", "s", "t", "u", "v", "w", "x"];
  const kinds = ["Saws", "Saws > Blades", "Drills"];
  const words = responseWords(of(brands.map((brand, at) => `${brand} > Tools > ${kinds[at % 3]}`)));
  expect(words?.names).toEqual(["Tools/Saws", "Tools/Saws/Blades", "Tools/Drills"]);
  expect(words?.wordOf).toEqual([0, 1, 2, 0, 1, 2, 0, 1, 2]);
});

test("leaves that are names give way to what stands before them; what has no path has no words", () => {
  const leaves = Array.from({ length: 12 }, (_, at) => `${at % 2 ? "Home" : "Garden"}/n${at}`);
  expect(responseWords(of(leaves))?.names).toEqual(["Garden", "Home"]);
  expect(responseWords(of(leaves.map((leaf) => leaf.replace("/", " "))))).toBeUndefined();
  expect(responseWords(of(leaves.map(() => "")))).toBeUndefined();
});

test("groups have no names: other words than the catalogue gives", () => {
  const catalogue = of(["a", "a", "b", "b", "a", "b"]);
  expect(namesOfWords(catalogue, 2)).toEqual(["a", "b"]);
  expect(namesOfWords(catalogue, 64)).toBeUndefined();
});
