/** Whatever makes vectors of texts, by what lies at a path: a sentence encoder as ONNX, or a language model. */
import { readdir, stat } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { DataError, type Emit } from "#base";
import { locateModel, openCheckpoint } from "#llm";
import type { Runtime } from "#tensor";
import { languageEncoder } from "./language-encoder.ts";
import { sentenceEncoder } from "./sentence-encoder.ts";
import type { TextEncoder } from "./text-encoder.ts";

/** An encoder that was found and not opened yet. */
export interface FoundEncoder {
  /** All that its vectors follow from. */
  readonly files: readonly string[];
  open(runtime: Runtime): Promise<TextEncoder>;
}

interface FindingContext {
  readonly emit?: Emit;
  readonly signal?: { readonly aborted: boolean };
}

/** Looks at a path, or fetches a language model by its hub id. */
export async function findTextEncoder(path: string, context: FindingContext = {}): Promise<FoundEncoder> {
  const place = resolve(await locateModel(path, context));
  const names = await namesAt(path, place);
  if (!isLanguageModel(names)) {
    const files = names.filter((name) => /^(model\.onnx|tokenizer)/.test(name)).map((name) => join(place, name));
    return { files, open: (runtime) => sentenceEncoder(place, runtime) };
  }
  await using checkpoint = await openCheckpoint(place);
  const directory = dirname(checkpoint.files[0]);
  const beside = (await readdir(directory)).filter((name) => /^(tokenizer(_config)?|config)\.json$/.test(name)).sort();
  const files = [...checkpoint.files, ...beside.map((name) => join(directory, name))];
  return { files, open: (runtime) => languageEncoder(place, runtime) };
}

/** Names of what lies in a directory; a GGUF file's own. */
async function namesAt(given: string, place: string): Promise<string[]> {
  const found = await stat(place).catch(() => undefined);
  if (found?.isDirectory()) return (await readdir(place)).sort();
  if (found !== undefined && place.endsWith(".gguf")) return [basename(place)];
  throw new DataError(
    `${given}: there is no text encoder. Expected a directory with model.onnx and tokenizer.json, or a language model.`,
    {
      code: "no-encoder",
      file: given,
      hint: "A language model is a directory, a GGUF file, or a hub id such as HuggingFaceTB/SmolLM2-135M-Instruct.",
    },
  );
}

function isLanguageModel(names: readonly string[]): boolean {
  return !names.includes("model.onnx") && names.some((name) => /\.(gguf|safetensors)$/.test(name));
}
