/** What turns a model's texts into token ids and back: beside its weights, or out of its GGUF file. */
import { readFile, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { DataError } from "#base";
import { openGguf } from "#tensor";
import { ChatTemplate, ggufTokenizer, hasTokenizer, TextTokenizer } from "#text";
import type { Checkpoint } from "./source.ts";

export interface ModelText {
  readonly tokenizer: TextTokenizer;
  /** Where the model has one. */
  readonly template: ChatTemplate | undefined;
}

/** The text half of a checkpoint; undefined where it has none: such a model still reads token ids. */
export async function openText(checkpoint: Checkpoint): Promise<ModelText | undefined> {
  const [weights] = checkpoint.files;
  const directory = dirname(weights);
  const beside = await templateBeside(directory);
  if (await exists(join(directory, "tokenizer.json"))) {
    return { tokenizer: await TextTokenizer.load(directory), template: beside ?? (await templateInside(weights)) };
  }
  if (!weights.endsWith(".gguf")) return undefined;
  await using file = await openGguf(weights);
  if (!hasTokenizer(file.metadata)) return undefined;
  const tokenizer = TextTokenizer.of(weights, ggufTokenizer(weights, file.metadata));
  return { tokenizer, template: beside ?? (await templateInside(weights)) };
}

/** chat_template.jinja, or what tokenizer_config.json has. */
async function templateBeside(directory: string): Promise<ChatTemplate | undefined> {
  const configPath = join(directory, "tokenizer_config.json");
  const config = await jsonAt(configPath);
  const tokens = specialTexts(config);
  const path = join(directory, "chat_template.jinja");
  const source = await readFile(path, "utf8").catch(() => undefined);
  if (source !== undefined) return ChatTemplate.parse(path, source, tokens);
  const { chat_template: given } = config;
  // Several templates come as a list of names; the one called default is for conversations.
  const listed = Array.isArray(given)
    ? given.find((each) => Reflect.get(Object(each), "name") === "default")
    : undefined;
  const text: unknown = listed === undefined ? given : Reflect.get(Object(listed), "template");
  return typeof text === "string" ? ChatTemplate.parse(configPath, text, tokens) : undefined;
}

async function templateInside(weights: string): Promise<ChatTemplate | undefined> {
  if (!weights.endsWith(".gguf")) return undefined;
  await using file = await openGguf(weights);
  const { metadata } = file;
  const source = metadata["tokenizer.chat_template"];
  if (typeof source !== "string") return undefined;
  const tokens = metadata["tokenizer.ggml.tokens"];
  const textOf = (name: string) => {
    const id = metadata[`tokenizer.ggml.${name}_token_id`];
    return Array.isArray(tokens) && typeof id === "number" ? String(tokens[id]) : "";
  };
  return ChatTemplate.parse(weights, source, { bos_token: textOf("bos"), eos_token: textOf("eos") });
}

/** bos_token and its like: texts, or objects that have one as `content`. */
function specialTexts(config: Readonly<Record<string, unknown>>): Record<string, string> {
  const texts: Record<string, string> = {};
  for (const name of ["bos_token", "eos_token", "unk_token", "pad_token"]) {
    const value = config[name];
    const text: unknown = typeof value === "object" && value !== null ? Reflect.get(value, "content") : value;
    if (typeof text === "string") texts[name] = text;
  }
  return texts;
}

async function jsonAt(path: string): Promise<Readonly<Record<string, unknown>>> {
  const text = await readFile(path, "utf8").catch(() => "{}");
  try {
    return Object(JSON.parse(text));
  } catch (cause) {
    throw new DataError(`${path}: this file is not JSON. Fetch it again, whole.`, {
      code: "damaged-tokenizer",
      file: path,
      cause,
    });
  }
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
