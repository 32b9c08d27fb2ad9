/**
 * Vectors of texts, kept: encoding a catalogue takes minutes, and the same texts through the same model are the same vectors.
 * The name in the cache is the hash of the model, its tokenizer and the texts; what is kept there is never changed.
 */
import { createHash } from "node:crypto";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { CheckpointError, cacheDirectory, type Emit, fileHash } from "#base";
import { float32, type NdArray, type Runtime, readSafetensors, writeSafetensors } from "#tensor";
import { findTextEncoder } from "./find-text-encoder.ts";
import type { TextVectors } from "./text-encoder.ts";

/** Changes when vectors of the same texts come out otherwise. */
const LAYOUT = 1;

export interface EncodingContext {
  readonly runtime: Runtime;
  readonly emit: Emit;
  readonly signal?: { readonly aborted: boolean };
}

/** Vectors and what they were made with. */
export interface EncodedTexts {
  readonly vectors: TextVectors;
  readonly files: readonly { readonly path: string; readonly hash: string }[];
}

/**
 * The texts' vectors by the text encoder at `encoder` (find-text-encoder.ts), from the cache where they are there. Empty texts get
 * zeros.
 */
export async function encodedTexts(
  encoder: string,
  texts: readonly string[],
  context: EncodingContext,
): Promise<EncodedTexts> {
  const found = await findTextEncoder(encoder, context);
  const files = await hashed(found.files);
  const hash = createHash("sha256").update(JSON.stringify([LAYOUT, files.map((file) => file.hash), texts]));
  const path = join(cacheDirectory(), "vectors", `${hash.digest("hex").slice(0, 32)}.safetensors`);
  const kept = await vectorsAt(path, texts.length);
  if (kept !== undefined) return { vectors: kept, files };
  const { emit, runtime, signal } = context;
  await using opened = await found.open(runtime);
  const present = texts.flatMap((text, at) => (text === "" ? [] : [at]));
  const progress = (done: number) => emit({ type: "progress", what: "texts encoded", done, of: present.length });
  const encoded = await opened.encode(
    present.map((at) => texts[at]),
    { progress, signal },
  );
  const { dim } = encoded;
  const data = new Float32Array(texts.length * dim);
  present.forEach((at, row) => {
    data.set(encoded.data.subarray(row * dim, (row + 1) * dim), at * dim);
  });
  await writeSafetensors(path, { vectors: float32(data, [texts.length, dim]) });
  return { vectors: { data, dim }, files };
}

/** What is kept at `path`, undefined where nothing is; a damaged file is removed, because it can be made again. */
async function vectorsAt(path: string, rows: number): Promise<TextVectors | undefined> {
  try {
    const vectors: NdArray | undefined = (await readSafetensors(path)).arrays.vectors;
    if (vectors?.data instanceof Float32Array && vectors.shape.length === 2 && vectors.shape[0] === rows) {
      return { data: vectors.data, dim: vectors.shape[1] };
    }
  } catch (cause) {
    if (!(cause instanceof CheckpointError)) throw cause;
  }
  await rm(path, { force: true });
  return undefined;
}

async function hashed(paths: readonly string[]): Promise<{ path: string; hash: string }[]> {
  return Promise.all(paths.map(async (path) => ({ path, hash: await fileHash(path) })));
}
