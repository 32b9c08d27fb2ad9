/**
 * A Hugging Face directory: config.json, and weights in model.safetensors or in the shards that
 * model.safetensors.index.json lists. Half precision becomes float32 as it is read.
 */
import { readFile, stat } from "node:fs/promises";
import { basename, join } from "node:path";
import { CheckpointError } from "#base";
import { type NdArray, type OpenSafetensors, openSafetensors, packEight } from "#tensor";
import { huggingFaceName } from "../names.ts";
import { specialTokensOf } from "./generation-config.ts";
import { parseDecoderConfig, type ReadConfig } from "./hugging-face-config.ts";
import type { Checkpoint } from "./source.ts";

const SINGLE = "model.safetensors";
const INDEX = "model.safetensors.index.json";
/** Weights of a row that share a scale when a matrix is rounded to 8 bits. */
const BLOCK = 32;

/** Whether a directory holds weights as Hugging Face's libraries write them. */
export async function isHuggingFace(directory: string): Promise<boolean> {
  const there = await Promise.all([SINGLE, INDEX].map((name) => exists(join(directory, name))));
  return there.includes(true);
}

/** Opens the directory's weights. */
export async function openHuggingFace(directory: string): Promise<Checkpoint> {
  const read = await configIn(directory);
  const tokens = await specialTokensOf(directory, read.tokens);
  const files: OpenSafetensors[] = [];
  try {
    const index = join(directory, INDEX);
    const names = (await exists(index)) ? await shardNames(index) : [SINGLE];
    const paths = names.map((name) => join(directory, name));
    for (const shard of paths) files.push(await openSafetensors(shard));
    return new HuggingFaceCheckpoint(directory, paths, { ...read, tokens }, files);
  } catch (cause) {
    for (const file of files) await file[Symbol.asyncDispose]();
    throw cause;
  }
}

/** Fails where the directory's configuration is missing, or of a model that no family reads: before its weights are fetched. */
export async function requireReadable(directory: string): Promise<void> {
  await configIn(directory);
}

async function configIn(directory: string): Promise<ReadConfig> {
  const path = join(directory, "config.json");
  const text = await readFile(path, "utf8").catch((cause) => {
    throw new CheckpointError(`${path}: there is no such file. A model's directory has its configuration there.`, {
      code: "missing-file",
      file: path,
      hint: "Fetch the whole model: config.json, weights and tokenizer.json.",
      cause,
    });
  });
  return parseDecoderConfig(path, text);
}

/** The files that the index at `path` lists, each once; they lie beside it. */
export async function shardNames(path: string): Promise<string[]> {
  const wrong = (why: string, cause?: unknown) =>
    new CheckpointError(`${path}: this is not an index of safetensors files (${why}). Fetch it again.`, {
      code: "bad-index",
      file: path,
      cause,
    });
  let content: unknown;
  try {
    content = JSON.parse(await readFile(path, "utf8"));
  } catch (cause) {
    throw wrong("it is not JSON", cause);
  }
  const map: unknown = typeof content === "object" && content !== null ? Reflect.get(content, "weight_map") : undefined;
  if (typeof map !== "object" || map === null || Object.keys(map).length === 0) throw wrong("it has no weight_map");
  const names = new Set<string>();
  for (const name of Object.values(map)) {
    if (typeof name !== "string" || basename(name) !== name || name === "..") {
      throw wrong(`it names ${JSON.stringify(name)}, expected a file beside it`);
    }
    names.add(name);
  }
  return [...names].sort();
}

class HuggingFaceCheckpoint implements Checkpoint {
  readonly config: ReadConfig["config"];
  readonly tokens: ReadConfig["tokens"];
  readonly nameOf = huggingFaceName;
  readonly #holders = new Map<string, OpenSafetensors>();

  constructor(
    readonly path: string,
    readonly files: readonly string[],
    { config, tokens }: ReadConfig,
    private readonly opened: readonly OpenSafetensors[],
  ) {
    this.config = config;
    this.tokens = tokens;
    for (const file of opened) for (const name of Object.keys(file.shapes)) this.#holders.set(name, file);
  }

  shapeOf(address: string): readonly number[] | undefined {
    const name = this.nameOf(address);
    return this.#holders.get(name)?.shapes[name];
  }

  async read(address: string): Promise<NdArray<Float32Array>> {
    const name = this.nameOf(address);
    const holder = this.#holders.get(name);
    if (holder === undefined) throw new Error(`internal: ${this.path} holds no "${name}"`);
    const { dtype, shape, data } = await holder.read(name);
    if (data instanceof Float32Array) return { dtype, shape, data };
    throw new CheckpointError(`${this.path}: weight "${name}" is ${dtype}, expected F32, F16 or BF16.`, {
      code: "weight-type",
      file: this.path,
      field: name,
      hint: "Take the model in one of these; quantised weights are read from GGUF files.",
    });
  }

  packingOf() {
    return { bits: 8, block: BLOCK, minima: false } as const;
  }

  async readPacked(address: string) {
    return packEight(await this.read(address), BLOCK);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const file of this.opened) await file[Symbol.asyncDispose]();
  }
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
