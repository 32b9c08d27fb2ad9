/**
 * A language model of random weights that reads any text, byte by byte: what tests of texts and prompts open. Directory
 * layout, tokenizer and chat template are those of published models.
 */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { SMALL_MODEL, writeModel } from "./checkpoint-writer.ts";

const SPECIAL = ["<|end|>", "<|turn|>"];
const TEMPLATE =
  "{% for message in messages %}<|turn|>{{ message.role }}: {{ message.content | trim }}<|end|>{% endfor %}" +
  "{% if add_generation_prompt %}<|turn|>assistant: {% endif %}";

/** The 256 letters that byte-level BPE writes bytes with (GPT-2's table). */
function byteLetters(): string[] {
  const visible = (byte: number) => (byte >= 33 && byte <= 126) || (byte >= 161 && byte <= 172) || byte >= 174;
  let next = 256;
  return Array.from({ length: 256 }, (_, byte) => String.fromCodePoint(visible(byte) ? byte : next++));
}

/** Its tokenizer.json: special tokens first, then one token a byte. */
export const BYTE_TOKENIZER = {
  version: "1.0",
  added_tokens: SPECIAL.map((content, id) => {
    return { id, content, special: true, single_word: false, lstrip: false, rstrip: false, normalized: false };
  }),
  normalizer: null,
  pre_tokenizer: { type: "ByteLevel", add_prefix_space: false, trim_offsets: false, use_regex: true },
  post_processor: null,
  decoder: { type: "ByteLevel" },
  model: {
    type: "BPE",
    vocab: Object.fromEntries([...SPECIAL, ...byteLetters()].map((token, id) => [token, id])),
    merges: [],
  },
};

/** Writes it to `directory`; returns that path. */
export async function writeTinyLanguageModel(directory: string): Promise<string> {
  const vocabulary = SPECIAL.length + 256;
  const config = { bos_token_id: 1, eos_token_id: 0, max_position_embeddings: 4096 };
  await writeModel(directory, { ...SMALL_MODEL, vocabulary }, { config });
  await writeFile(join(directory, "tokenizer.json"), JSON.stringify(BYTE_TOKENIZER));
  await writeFile(join(directory, "tokenizer_config.json"), JSON.stringify({ chat_template: TEMPLATE }));
  return directory;
}
