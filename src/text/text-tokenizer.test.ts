import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { TINY_TOKENIZER } from "../../test/suites/tiny-tokenizer.ts";
import { TextTokenizer } from "./text-tokenizer.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "deftrec-text-"));
});
afterAll(() => rm(folder, { recursive: true }));

async function tokenizer(more: object): Promise<TextTokenizer> {
  const path = join(folder, "tokenizer.json");
  await writeFile(path, JSON.stringify({ ...TINY_TOKENIZER, ...more }));
  return TextTokenizer.load(path);
}

test("a text becomes ids between special tokens, and text again", async () => {
  const text = await tokenizer({});
  expect(text.encode("Red nails purple")).toEqual([1, 4, 5, 7, 3, 2]); // ##s continues a word, [UNK] is what is unknown
  expect(text.decode([1, 4, 5, 7, 2])).toBe("red nails");
  expect(text.encode("")).toEqual([1, 2]);
  expect(text.idOf("polish")).toBe(6);
  expect(text.idOf("lipstick")).toBeUndefined();
});

test("a long text loses words, never special tokens, at the side the file names", async () => {
  const truncation = { max_length: 4, strategy: "LongestFirst", stride: 0 };
  const right = await tokenizer({ truncation });
  expect(right.encode("red nail polish one")).toEqual([1, 4, 5, 2]);
  expect(right.encode("red nail")).toEqual([1, 4, 5, 2]);
  const left = await tokenizer({ truncation: { ...truncation, direction: "Left" } });
  expect(left.encode("red nail polish one")).toEqual([1, 6, 8, 2]);
});

const padding = { strategy: { Fixed: 5 }, direction: "Right", pad_to_multiple_of: null, pad_id: 0, pad_type_id: 0 };
const numbers = (data: BigInt64Array) => [...data].map(Number);

test("a batch is filled up as the file says, or to its longest text", async () => {
  const fixed = await tokenizer({ padding });
  const rows = [
    [1, 4, 2],
    [1, 2],
  ];
  const asSaid = fixed.batch(rows);
  expect(asSaid.ids.shape).toEqual([2, 5]);
  expect(numbers(asSaid.ids.data)).toEqual([1, 4, 2, 0, 0, 1, 2, 0, 0, 0]);
  expect(numbers(asSaid.mask.data)).toEqual([1, 1, 1, 0, 0, 1, 1, 0, 0, 0]);
  const longest = fixed.batch(rows, "longest");
  expect(numbers(longest.ids.data)).toEqual([1, 4, 2, 1, 2, 0]);

  const left = {
    ...padding,
    strategy: "BatchLongest",
    direction: "Left",
    pad_id: 3,
    pad_type_id: 9,
    pad_to_multiple_of: 4,
  };
  const filled = (await tokenizer({ padding: left })).batch(rows);
  expect(numbers(filled.ids.data)).toEqual([3, 1, 4, 2, 3, 3, 1, 2]);
  expect(numbers(filled.types.data)).toEqual([9, 0, 0, 0, 9, 9, 0, 0]);
  expect(numbers(filled.mask.data)).toEqual([0, 1, 1, 1, 0, 0, 1, 1]);
});

test("a file that is missing or damaged is named, with what is wrong", async () => {
  const strip = (error: unknown) => {
    throw new Error(`${error}`.replaceAll(folder, "DIR"));
  };
  const load = async (content?: string) => {
    await (content === undefined
      ? rm(join(folder, "tokenizer.json"))
      : writeFile(join(folder, "tokenizer.json"), content));
    await TextTokenizer.load(folder).catch(strip);
  };
  await expect(load("{")).rejects.toThrowErrorMatchingInlineSnapshot(
    `[Error: DataError: DIR/tokenizer.json: this is not a text tokenizer that can be used (it is not JSON).]`,
  );
  await expect(load('{"model": 1}')).rejects.toThrowErrorMatchingInlineSnapshot(
    `[Error: DataError: DIR/tokenizer.json: this is not a text tokenizer that can be used (model: Invalid input: expected object, received number).]`,
  );
  await expect(
    load(JSON.stringify({ ...TINY_TOKENIZER, model: { type: "Nonsense" } })),
  ).rejects.toThrowErrorMatchingInlineSnapshot(
    `[Error: DataError: DIR/tokenizer.json: this is not a text tokenizer that can be used (Unknown TokenizerModel type: Nonsense).]`,
  );
  await expect(load()).rejects.toThrowErrorMatchingInlineSnapshot(
    `[Error: DataError: DIR/tokenizer.json: there is no text tokenizer here. Expected a tokenizer.json.]`,
  );
});
