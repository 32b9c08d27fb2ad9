import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { TextTokenizer } from "#text";
import { tinyVector, writeTinyEncoder } from "../../test/suites/tiny-encoder.ts";
import { sentenceEncoder } from "./sentence-encoder.ts";

const runtime = { device: "cpu", threads: 1 } as const;
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "deftrec-encoder-"));
});
afterAll(() => rm(folder, { recursive: true }));

/** The slow twin: the tokens' vectors summed in plain numbers, at length 1. */
function twin(tokens: readonly number[]): number[] {
  const sum = tokens.map(tinyVector).reduce((a, b) => a.map((value, axis) => value + b[axis]));
  return sum.map((value) => value / Math.hypot(...sum));
}

test("a text's vector is the mean of its tokens', whatever runs beside it", async () => {
  await writeTinyEncoder(folder);
  await using encoder = await sentenceEncoder(folder, runtime);
  const texts = ["red nails", "one", "", "red one polish nail", ...Array(100).fill("polish")];
  const { data, dim } = await encoder.encode(texts);
  expect(dim).toBe(3);
  const expected = [[1, 4, 5, 7, 2], [1, 8, 2], [1, 2], [1, 4, 8, 6, 5, 2], ...Array(100).fill([1, 6, 2])].map(twin);
  expect(data.length).toBe(3 * texts.length);
  for (const [at, value] of expected.flat().entries()) expect(data[at]).toBeCloseTo(value, 6);
});

test("progress counts texts, an interrupt stops between batches, nothing in is nothing out", async () => {
  await writeTinyEncoder(folder, { inputs: ["input_ids", "attention_mask", "token_type_ids"] });
  await using encoder = await sentenceEncoder(folder, runtime);
  const done: number[] = [];
  const signal = { aborted: false };
  const progress = (count: number) => {
    done.push(count);
    signal.aborted = count > 100;
  };
  await expect(encoder.encode(Array(200).fill("red"), { progress, signal })).rejects.toThrow("interrupted");
  expect(done).toEqual([64, 128]);
  expect((await encoder.encode([])).data.length).toBe(0);
});

test("what the graph itself calls a sentence's vector is taken as it is", async () => {
  await writeTinyEncoder(folder, { pooled: true });
  await using encoder = await sentenceEncoder(folder, runtime);
  const { data } = await encoder.encode(["red"]);
  // The graph's own mean over [CLS] red [SEP], not made one long.
  const mean = [0, 1, 2].map((axis) => [1, 4, 2].reduce((sum, token) => sum + tinyVector(token)[axis], 0) / 3);
  for (const [axis, value] of mean.entries()) expect(data[axis]).toBeCloseTo(value, 6);
});

test("a graph that is no sentence encoder says why", async () => {
  const open = async (names: Parameters<typeof writeTinyEncoder>[1]) => {
    await writeTinyEncoder(folder, names);
    await using encoder = await sentenceEncoder(folder, runtime);
    await encoder.encode(["red"]);
  };
  const message = (names: Parameters<typeof writeTinyEncoder>[1]) => {
    return open(names).catch((cause: Error) => cause.message.replaceAll(folder, "DIR"));
  };
  expect(await message({ inputs: ["tokens"] })).toMatchInlineSnapshot(
    `"DIR/model.onnx: this graph is not a sentence encoder (its inputs are tokens). Expected input_ids, attention_mask and maybe token_type_ids in, float32 last_hidden_state [B, L, D] or sentence_embedding [B, D] out."`,
  );
  expect(await message({ inputs: ["input_ids", "position_ids"] })).toMatchInlineSnapshot(
    `"DIR/model.onnx: this graph is not a sentence encoder (it also asks for "position_ids"). Expected input_ids, attention_mask and maybe token_type_ids in, float32 last_hidden_state [B, L, D] or sentence_embedding [B, D] out."`,
  );
  expect(await message({ output: "anything" })).toBeUndefined(); // the only output there is: three axes, so token vectors
  await expect(sentenceEncoder("/nowhere/at all", runtime)).rejects.toThrowErrorMatchingInlineSnapshot(
    `[DataError: /nowhere/at all: this is not a directory. Expected a sentence encoder's, with model.onnx and tokenizer.json.]`,
  );
});

const minilm = fileURLToPath(new URL("../../../shared/models/minilm-int8/", import.meta.url));
const absent = existsSync(minilm) ? undefined : "no sentence encoder at ../shared/models/minilm-int8: its test skips";
if (absent !== undefined) console.warn(absent);

test.skipIf(absent !== undefined)("MiniLM's ids, vectors and cosines are what they were elsewhere", async () => {
  const golden = JSON.parse(await readFile(join(minilm, "golden.json"), "utf8"));
  const texts: string[] = golden.texts;
  const tokenizer = await TextTokenizer.load(minilm);
  expect(texts.map((text) => tokenizer.encode(text))).toEqual(golden.ids);
  await using encoder = await sentenceEncoder(minilm, runtime);
  const vectors: Float32Array[] = [];
  // One by one, as they were computed there: dynamic quantisation lets what runs together share its scales.
  for (const text of texts) vectors.push((await encoder.encode([text])).data);
  vectors.forEach((vector, row) => {
    for (let axis = 0; axis < 8; axis++) expect(Math.abs(vector[axis] - golden.first8[row][axis])).toBeLessThan(1e-3);
    vectors.forEach((other, column) => {
      const cosine = vector.reduce((sum, value, axis) => sum + value * other[axis], 0);
      expect(Math.abs(cosine - golden.cosines_int8[row][column])).toBeLessThan(1e-3);
    });
  });
});
