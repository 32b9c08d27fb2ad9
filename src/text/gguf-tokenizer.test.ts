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

/**
 * Where a file's rule cuts a text: with every part of the text a token and every pair of parts a merge, a token is a piece.
 * Bytes are written as GPT-2's table has them: Ġ a space, Ċ a line feed.
 */
function cuts(pre: string, text: string): string[] {
  const letters = Array.from(text, (letter) => ({ " ": "Ġ", "\n": "Ċ" })[letter] ?? letter).join("");
  const parts = new Set<string>();
  for (let from = 0; from < letters.length; from++) {
    for (let to = from + 1; to <= letters.length; to++) parts.add(letters.slice(from, to));
  }
  const merges = [...parts].flatMap((part) => {
    return Array.from({ length: part.length - 1 }, (_, at) => `${part.slice(0, at + 1)} ${part.slice(at + 1)}`);
  });
  const metadata = {
    "tokenizer.ggml.model": "gpt2",
    "tokenizer.ggml.pre": pre,
    "tokenizer.ggml.tokens": [...parts],
    "tokenizer.ggml.merges": merges,
  };
  const tokenizer = TextTokenizer.of("m.gguf", ggufTokenizer("m.gguf", metadata));
  return tokenizer.tokens(text).map((id) => tokenizer.tokenOf(id) ?? "?");
}

// By hand, from each rule's regular expression (OpenAI's GPT-2 encoder; Llama 3's and Qwen2's published tokenizer.json).
test.each([
  // gpt-2: contractions in small letters only; digits together; a last space before a word is the word's.
  ["gpt-2", "I'LL pay 12345 $$\n\n  now", ["I", "'", "LL", "Ġpay", "Ġ12345", "Ġ$$", "ĊĊĠ", "Ġnow"]],
  // smollm: each digit alone first, so that spaces before them stand alone.
  ["smollm", "pay 123 (it's)", ["pay", "Ġ", "1", "2", "3", "Ġ(", "it", "'s", ")"]],
  // llama-bpe: contractions of any case; at most three digits; no space joins digits; punctuation takes line feeds behind it.
  ["llama-bpe", "I'LL pay 12345 $$\n\n  now", ["I", "'LL", "Ġpay", "Ġ", "123", "45", "Ġ$$ĊĊ", "Ġ", "Ġnow"]],
  // any one mark joins the word behind it; line feeds go with the spaces before them.
  ["llama3", "(one)-two \n x  ", ["(one", ")-", "two", "ĠĊ", "Ġx", "ĠĠ"]],
  // qwen2: the same, each digit alone.
  ["qwen2", "I'LL pay 12345 $$\n\n  now", ["I", "'LL", "Ġpay", "Ġ", "1", "2", "3", "4", "5", "Ġ$$ĊĊ", "Ġ", "Ġnow"]],
])("%s cuts %j where its regular expression does", (pre, text, pieces) => {
  expect(cuts(pre, text)).toEqual(pieces);
});

test("qwen2 composes letters and their marks before it reads their bytes", () => {
  const metadata = {
    "tokenizer.ggml.model": "gpt2",
    "tokenizer.ggml.pre": "qwen2",
    "tokenizer.ggml.tokens": ["Ã", "©", "e", "Ì", "ģ"],
    "tokenizer.ggml.merges": [],
  };
  const tokenizer = TextTokenizer.of("m.gguf", ggufTokenizer("m.gguf", metadata));
  expect(tokenizer.tokens("e\u0301")).toEqual([0, 1]); // é is C3 A9
});

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
