/** What a tokenizer.json says of cutting and filling texts up; the library that reads the rest of it leaves these two alone. */
import { z } from "zod";
import { DataError } from "#base";

const side = z.enum(["Left", "Right"]);

/** Texts of more than `max_length` tokens, special ones counted, are cut at this side. */
const truncation = z.object({ max_length: z.int().min(1), direction: side.default("Right") });

/** Shorter texts are filled up with `pad_id` at this side: to the longest of a batch, or to a length. */
const padding = z.object({
  strategy: z.union([z.literal("BatchLongest"), z.object({ Fixed: z.int().min(1) })]),
  direction: side.default("Right"),
  pad_to_multiple_of: z.int().min(1).nullish(),
  pad_id: z.int().min(0).default(0),
  pad_type_id: z.int().min(0).default(0),
});

const file = z.looseObject({
  model: z.looseObject({}),
  truncation: truncation.nullish(),
  padding: padding.nullish(),
  added_tokens: z.array(z.looseObject({ id: z.int(), special: z.boolean().default(false) })).default([]),
});

export type Truncation = z.output<typeof truncation>;
export type Padding = z.output<typeof padding>;
/** A tokenizer.json, as far as it is checked here. */
export type TokenizerFile = z.output<typeof file>;

/** The content of a tokenizer.json; anything else is a `DataError` that names what is wrong. */
export function parseTokenizerFile(path: string, text: string): TokenizerFile {
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch (cause) {
    throw damagedTokenizer(path, "it is not JSON", cause);
  }
  const result = file.safeParse(content);
  if (result.success) return result.data;
  const { path: field, message } = result.error.issues[0];
  throw damagedTokenizer(path, `${field.join(".") || "its content"}: ${message}`, result.error);
}

/** What is said of a tokenizer file that cannot be used. */
export function damagedTokenizer(path: string, why: string, cause?: unknown): DataError {
  return new DataError(`${path}: this is not a text tokenizer that can be used (${why}).`, {
    code: "damaged-tokenizer",
    file: path,
    hint: "Expected a tokenizer.json as Hugging Face's tokenizers write it; fetch it again, whole.",
    cause,
  });
}
