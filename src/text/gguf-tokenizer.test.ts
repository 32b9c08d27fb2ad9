import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { openGguf } from "#tensor";
import { goldenOf, missingModel, modelPath } from "../../test/suites/shared-models.ts";
import { ggufTokenizer, hasTokenizer } from "./gguf-tokenizer.ts";
import { TextTokenizer } from "./text-tokenizer.ts";

interface Texts {
  readonly tokenizer: readonly { readonly text: string; readonly ids: readonly number[] }[];
}

const smollm = missingModel("smollm2-135m");
test.skipIf(smollm !== undefined)(
  "SmolLM2's texts have llama.cpp's ids, from tokenizer.json and from the GGUF file's own vocabulary",
  async () => {
    const { tokenizer: texts } = await goldenOf<Texts>("smollm2-135m");
    await using file = await openGguf(modelPath("smollm2-135m/SmolLM2-135M-Instruct.Q4_1.gguf"));
    expect(hasTokenizer(file.metadata)).toBe(true);
    const own = TextTokenizer.of("model.gguf", ggufTokenizer("model.gguf", file.metadata));
    const beside = await TextTokenizer.load(modelPath("smollm2-135m"));
    expect(texts.length).toBe(20);
    for (const { text, ids } of texts) {
      expect(beside.tokens(text), text).toEqual(ids);
      expect(own.tokens(text), text).toEqual(ids);
      expect(own.textOf(ids), text).toBe(text);
      expect(beside.textOf(ids), text).toBe(text);
    }
  },
);

interface Stories {
  readonly greedy_from_bos_ids: readonly number[];
  readonly greedy_text: string;
  readonly nll_text: string;
  readonly nll_ids: readonly number[];
}

/** A vocabulary of SentencePiece as GGUF files hold it. */
function sentencePieces(pieces: readonly (readonly [string, number])[]) {
  const kind = (at: number) => (at === 0 ? 2 : at < 3 ? 3 : at < 259 ? 6 : 1);
  return {
    "tokenizer.ggml.model": "llama",
    "tokenizer.ggml.tokens": pieces.map(([piece], at) => (at < 259 ? piece.trim() : piece.replaceAll(" ", "▁"))),
    "tokenizer.ggml.scores": pieces.map(([, score]) => score),
    "tokenizer.ggml.token_type": pieces.map((_, at) => kind(at)),
  };
}

test.skipIf(missingModel("stories260k") !== undefined)(
  "pieces with scores: a story has the ids its author's tokenizer gave, and comes back",
  async () => {
    const pieces = JSON.parse(await readFile(modelPath("stories260k/vocab512.json"), "utf8"));
    const text = TextTokenizer.of("stories.gguf", ggufTokenizer("stories.gguf", sentencePieces(pieces)));
    const golden = await goldenOf<Stories>("stories260k");
    expect(text.tokens(golden.nll_text)).toEqual(golden.nll_ids.slice(1)); // the key's first is the beginning of a text
    expect(text.textOf(golden.greedy_from_bos_ids.slice(1))).toBe(golden.greedy_text);
    // 猫 is no piece: its three bytes are tokens
    expect(text.tokens("猫").map((id) => text.tokenOf(id))).toEqual(["▁", "<0xE7>", "<0x8C>", "<0xAB>"]);
    expect(text.textOf(text.tokens("猫 the"))).toBe("猫 the");
  },
);

test("a vocabulary that cannot be used says which key is wrong and what to do", () => {
  const tried = (metadata: Parameters<typeof ggufTokenizer>[1]) => () => ggufTokenizer("m.gguf", metadata);
  const tokens = { "tokenizer.ggml.tokens": ["a", "b"] };
  expect(hasTokenizer({})).toBe(false);
  expect(tried({})).toThrowErrorMatchingInlineSnapshot(
    `[CheckpointError: m.gguf: the text tokenizer in this file cannot be used (tokenizer.ggml.tokens is missing).]`,
  );
  expect(tried({ ...tokens, "tokenizer.ggml.model": "bert" })).toThrowErrorMatchingInlineSnapshot(
    `[CheckpointError: m.gguf: the text tokenizer in this file cannot be used (its model is "bert"; known: gpt2, llama).]`,
  );
  expect(tried({ ...tokens, "tokenizer.ggml.model": "llama" })).toThrowErrorMatchingInlineSnapshot(
    `[CheckpointError: m.gguf: the text tokenizer in this file cannot be used (it has not one score a token).]`,
  );
  const gpt2 = { ...tokens, "tokenizer.ggml.model": "gpt2" };
  expect(tried({ ...gpt2, "tokenizer.ggml.pre": "tekken" })).toThrowErrorMatchingInlineSnapshot(
    `[CheckpointError: m.gguf: the text tokenizer in this file cannot be used (how it cuts texts is called "tekken"; known: gpt-2, smollm, llama-bpe, llama3, qwen2).]`,
  );
  expect(tried({ ...gpt2, "tokenizer.ggml.pre": "smollm" })).toThrowErrorMatchingInlineSnapshot(
    `[CheckpointError: m.gguf: the text tokenizer in this file cannot be used (tokenizer.ggml.merges is missing).]`,
  );
});
