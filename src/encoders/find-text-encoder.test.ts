import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { afterAll, afterEach, beforeAll, expect, test, vi } from "vitest";
import { silent } from "#base";
import { SMALL_MODEL, writeModelAsGguf } from "../../test/suites/checkpoint-writer.ts";
import { writeTinyEncoder } from "../../test/suites/tiny-encoder.ts";
import { writeTinyLanguageModel } from "../../test/suites/tiny-language-model.ts";
import { encodedTexts } from "./encoded-texts.ts";
import { findTextEncoder } from "./find-text-encoder.ts";
import { LanguageEncoder } from "./language-encoder.ts";
import { SentenceEncoder } from "./sentence-encoder.ts";

const runtime = { device: "cpu", threads: 1 } as const;
let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "deftrec-text-encoder-"));
  vi.stubEnv("DEFTREC_CACHE", join(folder, "cache"));
});
afterEach(() => vi.stubEnv("DEFTREC_CACHE", join(folder, "cache")));
afterAll(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true });
});

test("a directory with model.onnx is a sentence encoder, one with safetensors a language model", async () => {
  const sentences = join(folder, "sentences");
  await mkdir(sentences);
  await writeTinyEncoder(sentences);
  await writeFile(join(sentences, "model.safetensors"), "published beside it, and not read");
  const first = await findTextEncoder(sentences);
  expect(first.files.map((path) => basename(path))).toEqual(["model.onnx", "tokenizer.json"]);
  await using opened = await first.open(runtime);
  expect(opened).toBeInstanceOf(SentenceEncoder);

  const second = await findTextEncoder(await writeTinyLanguageModel(join(folder, "language")));
  const names = second.files.map((path) => basename(path));
  expect(names).toEqual(["model.safetensors", "config.json", "tokenizer.json", "tokenizer_config.json"]);
  await using language = await second.open(runtime);
  expect(language).toBeInstanceOf(LanguageEncoder);
});

test("a language model's vectors are kept like a sentence encoder's, and made anew when its files change", async () => {
  const path = await writeTinyLanguageModel(join(folder, "kept"));
  const encode = async () => {
    const emit = vi.fn();
    const { vectors } = await encodedTexts(path, ["soap", "", "comb"], { runtime, emit });
    return { vectors, worked: emit.mock.calls.length > 0 };
  };
  const first = await encode();
  expect(first.vectors.dim).toBe(SMALL_MODEL.dim);
  expect(first.worked).toBe(true);
  expect(await encode()).toEqual({ ...first, worked: false });
  await writeFile(join(path, "tokenizer_config.json"), "{}");
  expect((await encode()).worked).toBe(true);
});

test("what is no text encoder says so, and so does a language model that reads no texts", async () => {
  const refused = async (path: string) => {
    const { name, message, hint } = await encodedTexts(path, ["a"], { runtime, emit: silent }).then(
      () => expect.fail("it was opened"),
      (error) => error,
    );
    return `${name}: ${message} | ${hint}`.replaceAll(folder, "DIR");
  };
  expect(await refused(join(folder, "nowhere"))).toMatchInlineSnapshot(
    `"DataError: DIR/nowhere: there is no text encoder. Expected a directory with model.onnx and tokenizer.json, or a language model. | A language model is a directory, a GGUF file, or a hub id such as HuggingFaceTB/SmolLM2-135M-Instruct."`,
  );
  const wordless = join(folder, "wordless.gguf");
  await writeModelAsGguf(wordless, SMALL_MODEL);
  expect(await refused(wordless)).toMatchInlineSnapshot(
    `"DataError: DIR/wordless.gguf: this model has no text tokenizer. Expected a tokenizer.json beside its weights. | Put the model's tokenizer.json there, or give token ids."`,
  );
  await mkdir(join(folder, "bare"));
  expect(await refused(join(folder, "bare"))).toMatchInlineSnapshot(
    `"DataError: DIR/bare/tokenizer.json: there is no text tokenizer here. Expected a tokenizer.json. | A model's directory holds model.onnx and tokenizer.json side by side."`,
  );
});
