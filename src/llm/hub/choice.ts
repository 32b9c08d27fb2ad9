/**
 * Which of a model's files are needed: its configuration and text half, and one set of weights: safetensors, or the one GGUF
 * file there is or that was named. The others (PyTorch's, TensorFlow's, pictures) stay where they are.
 */
import { DataError } from "#base";
import { type HubId, showHubId } from "./hub-id.ts";
import type { HubFile, HubListing } from "./listing.ts";

const SINGLE = "model.safetensors";
export const INDEX = "model.safetensors.index.json";
const TEXT = ["tokenizer.json", "tokenizer_config.json", "chat_template.jinja"];
const CONFIG = ["config.json", "generation_config.json"];

export interface Chosen {
  /** Fetched first: they say what else there is, and whether the model can be read at all. */
  readonly small: readonly HubFile[];
  readonly weights: readonly HubFile[];
  /** Whether weights are those that the index among `small` names. */
  readonly indexed: boolean;
  /** The GGUF file that the model is, where it is one. */
  readonly gguf?: string;
}

/** Chooses; a model that we cannot read is an error that says what it holds. */
export function chooseFiles(id: HubId, { files }: HubListing): Chosen {
  const named = (names: readonly string[]) => files.filter(({ name }) => names.includes(name));
  const [index, single] = [named([INDEX]), named([SINGLE])];
  if (id.file === undefined && index.length > 0) {
    return { small: [...named([...CONFIG, ...TEXT]), ...index], weights: [], indexed: true };
  }
  if (id.file === undefined && single.length > 0) {
    return { small: named([...CONFIG, ...TEXT]), weights: single, indexed: false };
  }
  const weights = ggufOf(id, files);
  return { small: named(TEXT), weights: [weights], indexed: false, gguf: weights.name };
}

/** The files that an index names. */
export function indexedFiles(id: HubId, { files }: HubListing, names: readonly string[]): HubFile[] {
  return names.map((name) => {
    const file = files.find((each) => each.name === name);
    if (file !== undefined) return file;
    throw new DataError(`${showHubId(id)}: ${INDEX} names ${name}, which the model does not have.`, {
      code: "no-weights",
      field: name,
      hint: "Take another revision, or tell the model's owner.",
    });
  });
}

function ggufOf(id: HubId, files: readonly HubFile[]): HubFile {
  const known = files.filter(({ name }) => name.endsWith(".gguf"));
  const list = known.map(({ name, size }) => `${name} (${(size / 1e6).toFixed(0)} MB)`).join(", ");
  if (id.file !== undefined) {
    const file = known.find(({ name }) => name === id.file);
    if (file !== undefined) return file;
    const have = list === "" ? "It has no GGUF files." : `It has ${list}.`;
    throw new DataError(`${id.model}: the model has no file ${id.file}. ${have}`, { code: "no-file", field: id.file });
  }
  if (known.length === 1) return known[0];
  if (known.length > 1) {
    throw new DataError(`${id.model}: the model comes as several GGUF files: ${list}.`, {
      code: "several-models",
      hint: `Name one: ${showHubId({ ...id, file: known[0].name })}`,
    });
  }
  const torch = files.some(({ name }) => /\.(bin|pth|pt)$/.test(name));
  throw new DataError(`${id.model}: the model has no weights that are read here: neither ${SINGLE} nor GGUF files.`, {
    code: "no-weights",
    hint: torch
      ? "PyTorch's own files can hold code and are not read: take another revision or a converted copy."
      : "Look at the model's page: it may hold adapters, data or another kind of model.",
  });
}
