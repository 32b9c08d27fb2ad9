/**
 * Text → token ids and back, as a tokenizer.json says (WordPiece, BPE, Unigram, …): @huggingface/tokenizers does it.
 * Ours is what that library leaves out: cutting and filling up as the file says, and errors for files that cannot be used.
 */
import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { Tokenizer } from "@huggingface/tokenizers";
import { DataError } from "#base";
import type { NdArray } from "#tensor";
import {
  damagedTokenizer,
  type Padding,
  parseTokenizerFile,
  type TokenizerFile,
  type Truncation,
} from "./tokenizer-file.ts";

/** Texts as a language model takes them; all [B, L]. */
export interface TokenBatch {
  readonly ids: NdArray<BigInt64Array>;
  /** 1 where there is a token, 0 where the text was filled up. */
  readonly mask: NdArray<BigInt64Array>;
  readonly types: NdArray<BigInt64Array>;
}

const NO_PADDING: Padding = { strategy: "BatchLongest", direction: "Right", pad_id: 0, pad_type_id: 0 };

/** A text tokenizer out of a file. */
export class TextTokenizer {
  private constructor(
    private readonly tokenizer: Tokenizer,
    private readonly truncation: Truncation | undefined,
    private readonly padding: Padding,
    private readonly special: ReadonlySet<number>,
  ) {}

  /** Reads `path`, a tokenizer.json or the directory that has one (and maybe a tokenizer_config.json). */
  static async load(path: string): Promise<TextTokenizer> {
    const isDirectory = await stat(path).then(
      (found) => found.isDirectory(),
      () => false,
    );
    const file = isDirectory ? join(path, "tokenizer.json") : path;
    const text = await readFile(file, "utf8").catch((cause) => {
      throw new DataError(`${file}: there is no text tokenizer here. Expected a tokenizer.json.`, {
        code: "no-tokenizer",
        file,
        hint: "A model's directory holds model.onnx and tokenizer.json side by side.",
        cause,
      });
    });
    const content = parseTokenizerFile(file, text);
    const config = isDirectory ? await configAt(join(path, "tokenizer_config.json")) : {};
    return TextTokenizer.of(file, content, config);
  }

  /** The tokenizer that the content of a tokenizer.json describes; `file` is named in errors. */
  static of(file: string, content: TokenizerFile, config: object = {}): TextTokenizer {
    try {
      const tokenizer = new Tokenizer(content, config);
      tokenizer.encode("a"); // an unknown part of a file shows here, not at the thousandth text
      const { truncation, padding, added_tokens: added } = content;
      const special = new Set(added.filter((token) => token.special).map(({ id }) => id));
      return new TextTokenizer(tokenizer, truncation ?? undefined, padding ?? NO_PADDING, special);
    } catch (cause) {
      throw damagedTokenizer(file, cause instanceof Error ? cause.message : String(cause), cause);
    }
  }

  /** Token ids, special ones included, cut where the file says so. */
  encode(text: string): number[] {
    const { ids } = this.tokenizer.encode(text);
    const most = this.truncation?.max_length;
    if (most === undefined || ids.length <= most) return ids;
    const content = this.tokenizer.encode(text, { add_special_tokens: false }).ids;
    const special = ids.length - content.length;
    const before = startOf(content, ids);
    const kept = Math.max(0, most - special);
    const cut = this.truncation?.direction === "Left" ? content.slice(content.length - kept) : content.slice(0, kept);
    return [...ids.slice(0, before), ...cut, ...ids.slice(before + content.length)];
  }

  /** The text of these ids, without special tokens. */
  decode(ids: readonly number[]): string {
    return this.tokenizer.decode([...ids], { skip_special_tokens: true });
  }

  /** Token ids of a text as it stands: special tokens written in it are recognised, none is added, nothing is cut. */
  tokens(text: string): number[] {
    return text === "" ? [] : this.tokenizer.encode(text, { add_special_tokens: false }).ids;
  }

  /** The text of these ids as it stands, special tokens and all. */
  textOf(ids: readonly number[]): string {
    const exact = { skip_special_tokens: false, clean_up_tokenization_spaces: false };
    return ids.length === 0 ? "" : this.tokenizer.decode([...ids], exact);
  }

  /** A token as the vocabulary writes it, undefined where there is none. */
  tokenOf(id: number): string | undefined {
    return this.tokenizer.id_to_token(id);
  }

  /** Whether an id is a special token: one that texts do not write but models obey, the end of a turn for instance. */
  isSpecial(id: number): boolean {
    return this.special.has(id);
  }

  /** The id of a token, undefined where there is none. */
  idOf(token: string): number | undefined {
    return this.tokenizer.token_to_id(token);
  }

  /**
   * Encoded texts as one batch. `fill: "longest"` fills up to the longest text even where the file names a fixed length: a
   * model that masks gives the same and has less to do.
   */
  batch(rows: readonly (readonly number[])[], fill: "as the file says" | "longest" = "as the file says"): TokenBatch {
    const { direction, pad_id: id, pad_type_id: type } = this.padding;
    const length = paddedLength(Math.max(1, ...rows.map((row) => row.length)), this.padding, fill);
    const shape = [rows.length, length];
    const array = (filler: number): NdArray<BigInt64Array> => {
      return { dtype: "int64", shape, data: new BigInt64Array(rows.length * length).fill(BigInt(filler)) };
    };
    const batch = { ids: array(id), mask: array(0), types: array(type) };
    rows.forEach((row, at) => {
      const first = at * length + (direction === "Left" ? length - row.length : 0);
      batch.ids.data.set(row.map(BigInt), first);
      batch.mask.data.fill(1n, first, first + row.length);
      batch.types.data.fill(0n, first, first + row.length);
    });
    return batch;
  }
}

function paddedLength(longest: number, { strategy, pad_to_multiple_of: multiple }: Padding, fill: string): number {
  const least = fill === "longest" || strategy === "BatchLongest" ? longest : Math.max(longest, strategy.Fixed);
  return multiple ? Math.ceil(least / multiple) * multiple : least;
}

/** Where `content` begins in `whole`, which is special tokens around it. */
function startOf(content: readonly number[], whole: readonly number[]): number {
  for (let start = 0; start + content.length <= whole.length; start++) {
    if (content.every((id, at) => whole[start + at] === id)) return start;
  }
  throw new Error("internal: a tokenizer's special tokens stand inside the text.");
}

async function configAt(path: string): Promise<object> {
  const text = await readFile(path, "utf8").catch(() => undefined);
  if (text === undefined) return {};
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw damagedTokenizer(path, "it is not JSON", cause);
  }
}
