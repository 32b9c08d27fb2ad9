/** The recipes show real code: every line of their examples stands in the file that they are taken from. */
import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";

/** Examples of CONTRIBUTING.md by a word in them, and where they come from. */
const EXAMPLES = [
  { word: "defineRecommender", file: "src/models/popularity.ts" },
  { word: "definePrimitive", file: "src/tensor/primitives/activation.ts" },
];

/** Code without comments, indentation and empty lines; lines that leave something out (…) say nothing. */
function lines(code: string): string[] {
  const bare = code.split("\n").map((line) => line.replace(/\s*\/\/.*$/, "").trim());
  return bare.filter((line) => line !== "" && !line.includes("…"));
}

test.each(EXAMPLES)("the example with $word is what $file says", async ({ word, file }) => {
  const recipes = await readFile("CONTRIBUTING.md", "utf8");
  const [, example] = [...recipes.matchAll(/```ts\n([\s\S]*?)```/g)].find(([, code]) => code.includes(word)) ?? [];
  const source = lines(await readFile(file, "utf8"));
  const shown = lines(example ?? "");
  expect(shown.length).toBeGreaterThan(4);
  expect(shown.filter((line) => !source.includes(line))).toEqual([]);
});
