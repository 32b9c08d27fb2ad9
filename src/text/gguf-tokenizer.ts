/**
 * The text tokenizer that a GGUF file brings, written as a tokenizer.json: its vocabulary, merges or scores, and how texts are
 * cut before merging, which the file only names (`tokenizer.ggml.pre`).
 *   gpt2: byte-level BPE with its merges (Sennrich et al. 2016, arXiv 1508.07909, over bytes as GPT-2 does).
 *   llama: SentencePiece's BPE (arXiv 1808.06226): of all neighbours that make a piece, the piece with the best score first. A
 *   pair's rank is therefore the place of its piece by score, which turns scores into merges.
 */
import { CheckpointError } from "#base";
import type { MetadataValue } from "#tensor";
import type { TokenizerFile } from "./tokenizer-file.ts";

type Metadata = Readonly<Record<string, MetadataValue>>;

/** Kinds of tokens in `tokenizer.ggml.token_type`. */
const UNKNOWN = 2;
const CONTROL = 3;
const USER_DEFINED = 4;

const CONTRACTIONS = "(?i:'s|'t|'re|'ve|'m|'ll|'d)";
const split = (digits: string) => ({
  type: "Split",
  pattern: {
    Regex: `${CONTRACTIONS}|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|${digits}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+`,
  },
  behavior: "Isolated",
  invert: false,
});
const bytes = (useRegex: boolean) => ({
  type: "ByteLevel",
  add_prefix_space: false,
  trim_offsets: true,
  use_regex: useRegex,
});
const digits = { type: "Digits", individual_digits: true };

/** How a text is cut before byte pairs are merged, by the name that llama.cpp gave it. */
const CUTS: Readonly<
  Record<string, { readonly steps: readonly object[]; readonly normalizer?: object; readonly whole?: boolean }>
> = {
  "gpt-2": { steps: [bytes(true)] },
  smollm: { steps: [digits, bytes(true)] },
  "llama-bpe": { steps: [split("\\p{N}{1,3}"), bytes(false)], whole: true },
  llama3: { steps: [split("\\p{N}{1,3}"), bytes(false)], whole: true },
  qwen2: { steps: [split("\\p{N}"), bytes(false)], normalizer: { type: "NFC" } },
};

/** Whether the metadata hold a vocabulary. */
export function hasTokenizer(metadata: Metadata): boolean {
  return metadata["tokenizer.ggml.tokens"] !== undefined;
}

/** What tokenizer.json would say. `path` is named in errors. */
export function ggufTokenizer(path: string, metadata: Metadata): TokenizerFile {
  const tokens = strings(path, metadata, "tokenizer.ggml.tokens");
  const model = metadata["tokenizer.ggml.model"];
  if (model !== "gpt2" && model !== "llama") {
    throw unusable(path, `its model is ${JSON.stringify(model)}; known: gpt2, llama`, "tokenizer.ggml.model");
  }
  const kinds = metadata["tokenizer.ggml.token_type"];
  const kindOf = (id: number) => (Array.isArray(kinds) ? Number(kinds[id]) : 1);
  const added = tokens.flatMap((content, id) => {
    const kind = kindOf(id);
    if (kind !== CONTROL && kind !== USER_DEFINED && !(kind === UNKNOWN && model === "gpt2")) return [];
    const plain = { single_word: false, lstrip: false, rstrip: false, normalized: false };
    return [{ id, content, ...plain, special: kind === CONTROL }];
  });
  const shape = model === "gpt2" ? byteLevel(path, metadata, tokens) : sentencePiece(path, metadata, tokens);
  return { version: "1.0", truncation: null, padding: null, added_tokens: added, post_processor: null, ...shape };
}

function byteLevel(path: string, metadata: Metadata, tokens: readonly string[]) {
  const name = metadata["tokenizer.ggml.pre"] ?? "gpt-2";
  const cut = typeof name === "string" && Object.hasOwn(CUTS, name) ? CUTS[name] : undefined;
  if (cut === undefined) {
    throw unusable(
      path,
      `how it cuts texts is called ${JSON.stringify(name)}; known: ${Object.keys(CUTS).join(", ")}`,
      "tokenizer.ggml.pre",
    );
  }
  const merges = strings(path, metadata, "tokenizer.ggml.merges");
  return {
    normalizer: cut.normalizer ?? null,
    pre_tokenizer: { type: "Sequence", pretokenizers: cut.steps },
    decoder: { type: "ByteLevel", add_prefix_space: true, trim_offsets: true, use_regex: true },
    model: bpe(tokens, merges, { ignore_merges: cut.whole ?? false }),
  };
}

function sentencePiece(path: string, metadata: Metadata, tokens: readonly string[]) {
  const scores = metadata["tokenizer.ggml.scores"];
  if (!Array.isArray(scores) || scores.length !== tokens.length) {
    throw unusable(path, "it has not one score a token", "tokenizer.ggml.scores");
  }
  const unknown = metadata["tokenizer.ggml.unknown_token_id"] ?? 0;
  const prefixed = metadata["tokenizer.ggml.add_space_prefix"] !== false;
  const spaces = { type: "Replace", pattern: { String: " " }, content: "▁" };
  const prepend = { type: "Prepend", prepend: "▁" };
  const back = [
    { type: "Replace", pattern: { String: "▁" }, content: " " },
    { type: "ByteFallback" },
    { type: "Fuse" },
  ];
  const strip = { type: "Strip", content: " ", start: 1, stop: 0 };
  return {
    normalizer: { type: "Sequence", normalizers: prefixed ? [prepend, spaces] : [spaces] },
    pre_tokenizer: null,
    decoder: { type: "Sequence", decoders: prefixed ? [...back, strip] : back },
    model: bpe(tokens, mergesByScore(tokens, scores.map(Number)), {
      byte_fallback: true,
      fuse_unk: true,
      unk_token: tokens[Number(unknown)] ?? null,
    }),
  };
}

function bpe(tokens: readonly string[], merges: readonly string[], more: object) {
  return {
    type: "BPE",
    dropout: null,
    unk_token: null,
    continuing_subword_prefix: null,
    end_of_word_suffix: null,
    fuse_unk: false,
    byte_fallback: false,
    ignore_merges: false,
    vocab: Object.fromEntries(tokens.map((token, id) => [token, id])),
    merges,
    ...more,
  };
}

/** Every pair of pieces that makes a piece, the best-scored piece first. */
function mergesByScore(tokens: readonly string[], scores: readonly number[]): string[] {
  const known = new Map(tokens.map((token, id) => [token, id]));
  const pairs: { readonly text: string; readonly score: number; readonly order: readonly [number, number] }[] = [];
  tokens.forEach((token, id) => {
    const letters = Array.from(token);
    for (let at = 1; at < letters.length; at++) {
      const [left, right] = [letters.slice(0, at).join(""), letters.slice(at).join("")];
      const order = [known.get(left), known.get(right)] as const;
      if (order[0] === undefined || order[1] === undefined) continue;
      pairs.push({ text: `${left} ${right}`, score: scores[id], order: [order[0], order[1]] });
    }
  });
  pairs.sort((a, b) => b.score - a.score || a.order[0] - b.order[0] || a.order[1] - b.order[1]);
  return pairs.map(({ text }) => text);
}

function strings(path: string, metadata: Metadata, key: string): readonly string[] {
  const value = metadata[key];
  if (Array.isArray(value) && value.every((each) => typeof each === "string")) return value;
  throw unusable(path, `${key} is ${value === undefined ? "missing" : "not a list of texts"}`, key);
}

function unusable(path: string, why: string, field: string): CheckpointError {
  return new CheckpointError(`${path}: the text tokenizer in this file cannot be used (${why}).`, {
    code: "damaged-tokenizer",
    file: path,
    field,
    hint: "Put the model's tokenizer.json beside it: it is used instead.",
  });
}
