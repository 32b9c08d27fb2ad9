import { copyFile, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { LanguageModel } from "#llm";
import { goldenOf, missingModel, modelPath } from "../../test/suites/shared-models.ts";
import { BYTE_TOKENIZER, writeTinyLanguageModel } from "../../test/suites/tiny-language-model.ts";
import { TINY_TOKENIZER } from "../../test/suites/tiny-tokenizer.ts";
import { languageEncoder } from "./language-encoder.ts";

const runtime = { device: "cpu", threads: 1 } as const;
let folder = "";
let model = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "deftrec-language-encoder-"));
  model = await writeTinyLanguageModel(join(folder, "model"));
});
afterAll(() => rm(folder, { recursive: true }));

function unit(vector: readonly number[]): number[] {
  return vector.map((value) => value / Math.hypot(...vector));
}

test.skipIf(missingModel("tiny") !== undefined)(
  "a text's vector points where the answer key's mean last hidden state does",
  async () => {
    interface Golden {
      readonly ids: readonly (readonly number[])[];
      readonly last_hidden_mean_row0: readonly number[];
    }
    const { ids, last_hidden_mean_row0: mean } = await goldenOf<Golden>("tiny/llama");
    const directory = await mkdtemp(join(folder, "golden-"));
    for (const name of ["config.json", "model.safetensors"]) {
      await copyFile(modelPath(`tiny/llama/${name}`), join(directory, name));
    }
    // a word a token, so that a text of words is the key's row of ids
    const vocab = Object.fromEntries(Array.from({ length: 256 }, (_, id) => [`t${id}`, id]));
    const words = { ...TINY_TOKENIZER, added_tokens: [], post_processor: null };
    const content = { ...words, model: { ...TINY_TOKENIZER.model, unk_token: "t0", vocab } };
    await writeFile(join(directory, "tokenizer.json"), JSON.stringify(content));
    await using encoder = await languageEncoder(directory, runtime);
    const { data, dim } = await encoder.encode(["t5 t6", ids[0].map((id) => `t${id}`).join(" ")]);
    expect(dim).toBe(mean.length);
    for (const [axis, value] of unit(mean).entries()) expect(Math.abs(data[dim + axis] - value)).toBeLessThan(1e-5);
  },
);

test("what stands before every text is read and not averaged; a text alone is the same as among others; nothing is zeros", async () => {
  const begin = { SpecialToken: { id: "<|turn|>", type_id: 0 } };
  const post = {
    type: "TemplateProcessing",
    single: [begin, { Sequence: { id: "A", type_id: 0 } }],
    pair: [],
    special_tokens: { "<|turn|>": { id: "<|turn|>", ids: [1], tokens: ["<|turn|>"] } },
  };
  await writeFile(join(model, "tokenizer.json"), JSON.stringify({ ...BYTE_TOKENIZER, post_processor: post }));
  await using encoder = await languageEncoder(model, runtime);
  const { data, dim } = await encoder.encode(["soap", "", "a longer text than soap"]);
  await using language = await LanguageModel.open(model, { runtime });
  const ids = language.texts.tokenizer.tokens("soap");
  const { hidden } = await language.score([1, ...ids]);
  const mean = Array.from({ length: dim }, (_, axis) => {
    return ids.reduce((sum, _id, t) => sum + hidden[(t + 1) * dim + axis], 0) / ids.length;
  });
  for (const [axis, value] of unit(mean).entries()) expect(data[axis]).toBeCloseTo(value, 5);
  expect(data.subarray(dim, 2 * dim).every((value) => value === 0)).toBe(true);
  const alone = await encoder.encode(["soap"]);
  for (let axis = 0; axis < dim; axis++) expect(alone.data[axis]).toBeCloseTo(data[axis], 5);
});

test("a long text is read as far as the first 256 tokens", async () => {
  await using encoder = await languageEncoder(model, runtime);
  const text = "nail polish ".repeat(40);
  const { data, dim } = await encoder.encode([text, `${text.slice(0, 256)}red`]);
  expect([...data.subarray(0, dim)]).toEqual([...data.subarray(dim)]);
});

test("progress counts texts, an interrupt stops", async () => {
  await using encoder = await languageEncoder(model, runtime);
  const done: number[] = [];
  await encoder.encode(Array(300).fill("red"), { progress: (count) => done.push(count) });
  expect(done.at(-1)).toBe(300);
  await expect(encoder.encode(["red"], { signal: { aborted: true } })).rejects.toThrow("interrupted");
});
