/**
 * A GGUF file: metadata, and tensors that are read one by one, as float32 or as the blocks they are stored in.
 * Whatever is wrong with a file is a `CheckpointError`; values are not looked at.
 */
import type { FileHandle } from "node:fs/promises";
import { CheckpointError } from "#base";
import { float32, type NdArray } from "../dtype.ts";
import { fillFrom, openWeights } from "../positioned.ts";
import { showShape, sizeOf } from "../shape.ts";
import { BF16, type BlockType, F16, F32, Q4_0, Q4_1, Q5_0, Q5_1, Q8_0 } from "./blocks.ts";
import {
  damagedGguf,
  type GgufHeader,
  type MetadataValue,
  NeedsMore,
  parseHeader,
  type TensorEntry,
} from "./header.ts";
import { Q2_K, Q3_K, Q4_K, Q5_K, Q6_K } from "./k-blocks.ts";

/** ggml's numbers of the types that are read. */
const TYPES: Readonly<Record<number, BlockType>> = {
  0: F32,
  1: F16,
  2: Q4_0,
  3: Q4_1,
  6: Q5_0,
  7: Q5_1,
  8: Q8_0,
  10: Q2_K,
  11: Q3_K,
  12: Q4_K,
  13: Q5_K,
  14: Q6_K,
  30: BF16,
};

/** One tensor of a file. */
export interface GgufTensor {
  readonly name: string;
  readonly shape: readonly number[];
  /** `Q4_1` and its like. */
  readonly type: string;
  /** What it takes in the file. */
  readonly bytes: number;
}

export interface GgufFile extends AsyncDisposable {
  readonly metadata: Readonly<Record<string, MetadataValue>>;
  readonly tensors: ReadonlyMap<string, GgufTensor>;
  /** A tensor as float32; a name that is not there is our own mistake. */
  read(name: string): Promise<NdArray<Float32Array>>;
  /** A tensor's bytes as they are stored. */
  readBlocks(name: string): Promise<Uint8Array>;
}

interface Placed extends GgufTensor {
  readonly start: number;
  readonly layout: BlockType;
}

/** Opens a file and reads its header. */
export async function openGguf(path: string): Promise<GgufFile> {
  const file = await openWeights(path);
  try {
    const { size } = await file.stat();
    const header = await readHeader(file, size, path);
    const tensors = new Map<string, Placed>();
    for (const entry of header.tensors) {
      if (tensors.has(entry.name)) throw damagedGguf(path, `tensor "${entry.name}" stands in it twice`, entry.name);
      tensors.set(entry.name, placed(entry, header, size, path));
    }
    return new OpenGguf(file, path, header.metadata, tensors);
  } catch (cause) {
    await file.close();
    throw cause;
  }
}

/** How much of a file is read at first to find its header. */
const FIRST_READ = 1 << 20;

async function readHeader(file: FileHandle, size: number, path: string): Promise<GgufHeader> {
  for (let length = FIRST_READ; ; length *= 4) {
    const bytes = new Uint8Array(Math.min(size, length));
    const read = await fillFrom(file, bytes, 0);
    try {
      return parseHeader(bytes.subarray(0, read), size, path);
    } catch (cause) {
      if (!(cause instanceof NeedsMore) || read >= size) throw cause;
    }
  }
}

function placed({ name, shape, type, offset }: TensorEntry, header: GgufHeader, size: number, path: string): Placed {
  const layout = TYPES[type];
  if (layout === undefined) {
    throw new CheckpointError(
      `${path}: tensor "${name}" has ggml's type ${type}, which is not read. Known: ${Object.values(TYPES)
        .map((known) => known.name)
        .join(", ")}. Take another quantisation of the same model.`,
      { code: "unknown-quantisation", file: path, field: name },
    );
  }
  const rowLength = shape.at(-1) ?? 1;
  const weights = sizeOf(shape);
  if (rowLength % layout.weights !== 0 || !Number.isSafeInteger(weights)) {
    throw damagedGguf(path, `tensor "${name}" ${showShape(shape)} does not divide into blocks of ${layout.name}`, name);
  }
  const bytes = (weights / layout.weights) * layout.bytes;
  const start = header.dataStart + offset;
  if (start + bytes > size) {
    throw damagedGguf(path, `tensor "${name}" ends at byte ${start + bytes}, the file at ${size}`, name);
  }
  return { name, shape, type: layout.name, bytes, start, layout };
}

class OpenGguf implements GgufFile {
  constructor(
    private readonly file: FileHandle,
    private readonly path: string,
    readonly metadata: Readonly<Record<string, MetadataValue>>,
    readonly tensors: ReadonlyMap<string, Placed>,
  ) {}

  async read(name: string): Promise<NdArray<Float32Array>> {
    const { shape, layout } = this.#placed(name);
    const blocks = await this.readBlocks(name);
    const values = new Float32Array(sizeOf(shape));
    layout.expand(blocks, values);
    return float32(values, shape);
  }

  async readBlocks(name: string): Promise<Uint8Array> {
    const { start, bytes } = this.#placed(name);
    const blocks = new Uint8Array(bytes);
    const read = await fillFrom(this.file, blocks, start);
    if (read < bytes) throw damagedGguf(this.path, `it ends inside tensor "${name}"`, name);
    return blocks;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.file.close();
  }

  #placed(name: string): Placed {
    const found = this.tensors.get(name);
    if (found === undefined) throw new Error(`internal: ${this.path} holds no tensor "${name}"`);
    return found;
  }
}
