/**
 * A GGUF file as a checkpoint. Where a family's query and key rows stand in pairs (2i, 2i + 1), they are brought into the
 * order of halves (i, i + d/2) that the decoder turns: row h·d + k·d/2 + i is the file's row h·d + 2i + k.
 */
import { type GgufFile, type NdArray, openGguf, PACKABLE, type PackedMatrix, packBlocks, packEight } from "#tensor";
import { ggufName } from "../names.ts";
import type { Packing } from "../projection.ts";
import { type GgufConfig, ggufConfig } from "./gguf-config.ts";
import type { Checkpoint } from "./source.ts";

/** ggml's blocks that are packed as they are have 32 weights; the others are rounded in blocks of as many. */
const BLOCK = 32;

/** Opens a file's weights; its metadata stand in `file`, for the text tokenizer it brings. */
export async function openGgufCheckpoint(path: string): Promise<Checkpoint & { readonly file: GgufFile }> {
  const file = await openGguf(path);
  try {
    const frequencies = file.tensors.has("rope_freqs.weight") ? await file.read("rope_freqs.weight") : undefined;
    return new GgufCheckpoint(path, file, ggufConfig(path, file, frequencies?.data));
  } catch (cause) {
    await file[Symbol.asyncDispose]();
    throw cause;
  }
}

class GgufCheckpoint implements Checkpoint {
  readonly config: GgufConfig["config"];
  readonly tokens: GgufConfig["tokens"];
  readonly files: readonly string[];
  readonly nameOf = ggufName;
  readonly #interleaved: boolean;

  constructor(
    readonly path: string,
    readonly file: GgufFile,
    { family, config, tokens }: GgufConfig,
  ) {
    this.config = config;
    this.tokens = tokens;
    this.files = [path];
    this.#interleaved = family.interleavedInGguf;
  }

  shapeOf(address: string): readonly number[] | undefined {
    return this.file.tensors.get(this.nameOf(address))?.shape;
  }

  async read(address: string): Promise<NdArray<Float32Array>> {
    return this.#inHalves(address, await this.file.read(this.nameOf(address)));
  }

  packingOf(address: string): Packing {
    const packable = PACKABLE[this.#type(address)];
    return { bits: packable?.bits ?? 8, block: BLOCK, minima: packable?.minima ?? false };
  }

  async readPacked(address: string): Promise<PackedMatrix> {
    const [name, type] = [this.nameOf(address), this.#type(address)];
    if (PACKABLE[type] === undefined) return packEight(await this.read(address), BLOCK);
    const found = packBlocks(type, await this.file.readBlocks(name), this.file.tensors.get(name)!.shape);
    return {
      bits: found.bits,
      codes: this.#inHalves(address, found.codes),
      scales: this.#inHalves(address, found.scales),
      minima: found.minima === undefined ? undefined : this.#inHalves(address, found.minima),
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.file[Symbol.asyncDispose]();
  }

  #type(address: string): string {
    return this.file.tensors.get(this.nameOf(address))?.type ?? "";
  }

  /** The same rows in the order of halves, where they are queries' or keys' and stand in pairs. */
  #inHalves<T extends Float32Array | Uint8Array>(address: string, array: NdArray<T>): NdArray<T> {
    if (!this.#interleaved || !/attention\.(query|key)\.(weight|bias)$/.test(address)) return array;
    const { headDim } = this.config;
    const { data, shape } = array;
    const width = data.length / shape[0];
    const turned = data.slice() as T; // as: a slice is of its own type
    for (let row = 0; row < shape[0]; row++) {
      const within = row % headDim;
      const from = row - within + 2 * (within % (headDim / 2)) + Math.floor((2 * within) / headDim);
      turned.set(data.subarray(from * width, (from + 1) * width), row * width);
    }
    return { ...array, data: turned };
  }
}
