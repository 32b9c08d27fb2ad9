/**
 * The front of a GGUF file: magic, version, counts, metadata (key, type, value), then name, sizes, type and place of each
 * tensor; the data begin at the next multiple of `general.alignment`.   Source: ggml, docs/gguf.md, versions 2 and 3.
 * Differs: sizes stand innermost first in the file and outermost first here, as everywhere in this house.
 */
import { CheckpointError } from "#base";

export type MetadataValue = string | number | boolean | readonly string[] | readonly number[] | readonly boolean[];

/** One tensor as the header describes it; `offset` counts from where the data begin. */
export interface TensorEntry {
  readonly name: string;
  readonly shape: readonly number[];
  /** ggml's number of the type. */
  readonly type: number;
  readonly offset: number;
}

export interface GgufHeader {
  readonly metadata: Readonly<Record<string, MetadataValue>>;
  readonly tensors: readonly TensorEntry[];
  /** Where the data begin, in bytes. */
  readonly dataStart: number;
}

/** Thrown where the bytes at hand end inside the header: read more and try again. */
export class NeedsMore extends Error {}

/** What is said of a file that is not what it should be. */
export function damagedGguf(path: string, what: string, field?: string, cause?: unknown): CheckpointError {
  return new CheckpointError(`${path}: not a whole GGUF file: ${what}. Restore it from a copy or fetch it again.`, {
    code: "bad-gguf",
    file: path,
    field,
    cause,
  });
}

const MAGIC = 0x46554747; // "GGUF"
const MOST_AXES = 4;
const STRING = 8;
const ARRAY = 9;

/** Bytes of one element of the metadata types that have a size. */
const WIDTHS: Readonly<Record<number, number>> = {
  0: 1,
  1: 1,
  2: 2,
  3: 2,
  4: 4,
  5: 4,
  6: 4,
  7: 1,
  10: 8,
  11: 8,
  12: 8,
};

/** Parses the header out of the first bytes of a file of `fileSize` bytes. */
export function parseHeader(bytes: Uint8Array, fileSize: number, path: string): GgufHeader {
  const cursor = new Cursor(bytes, fileSize, path);
  if (cursor.number(4) !== MAGIC) throw damagedGguf(path, 'it does not begin with "GGUF"');
  const version = cursor.number(4);
  if (version !== 2 && version !== 3) {
    throw damagedGguf(path, `its version is ${version}, expected 2 or 3 (little-endian)`);
  }
  const tensorCount = cursor.count("number of tensors", 24);
  const keyCount = cursor.count("number of metadata keys", 12);
  const metadata: [string, MetadataValue][] = [];
  for (let at = 0; at < keyCount; at++) {
    const key = cursor.text("a metadata key");
    metadata.push([key, cursor.value(cursor.number(4), key)]);
  }
  const tensors: TensorEntry[] = [];
  for (let at = 0; at < tensorCount; at++) tensors.push(tensorEntry(cursor, path));
  const values = Object.fromEntries(metadata);
  const alignment = values["general.alignment"] ?? 32;
  if (typeof alignment !== "number" || !Number.isInteger(alignment) || alignment < 1) {
    throw damagedGguf(path, `its general.alignment is ${JSON.stringify(alignment)}`, "general.alignment");
  }
  return { metadata: values, tensors, dataStart: Math.ceil(cursor.position / alignment) * alignment };
}

function tensorEntry(cursor: Cursor, path: string): TensorEntry {
  const name = cursor.text("a tensor's name");
  const axes = cursor.number(4);
  if (axes > MOST_AXES)
    throw damagedGguf(path, `tensor "${name}" has ${axes} axes, expected ${MOST_AXES} at most`, name);
  const shape: number[] = [];
  for (let axis = 0; axis < axes; axis++) shape.unshift(cursor.size(`an axis of tensor "${name}"`));
  return { name, shape, type: cursor.number(4), offset: cursor.size(`the place of tensor "${name}"`) };
}

class Cursor {
  position = 0;
  readonly #view: DataView;

  constructor(
    private readonly bytes: Uint8Array,
    private readonly fileSize: number,
    private readonly path: string,
  ) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** Moves on by `length` bytes and returns where they begin. */
  take(length: number): number {
    const start = this.position;
    if (start + length > this.fileSize)
      throw damagedGguf(this.path, `it ends after ${this.fileSize} bytes, inside its header`);
    if (start + length > this.bytes.length) throw new NeedsMore();
    this.position += length;
    return start;
  }

  /** An unsigned number of 4 bytes. */
  number(width: 4): number {
    return this.#view.getUint32(this.take(width), true);
  }

  /** An unsigned number of 8 bytes that counts something. */
  size(what: string): number {
    const value = this.#view.getBigUint64(this.take(8), true);
    if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw damagedGguf(this.path, `${what} is ${value}`);
    return Number(value);
  }

  /** How many follow, each of at least `least` bytes: no more than the file can hold. */
  count(what: string, least: number): number {
    const value = this.size(what);
    if (value * least > this.fileSize)
      throw damagedGguf(this.path, `its ${what} is ${value}, more than the file can hold`);
    return value;
  }

  text(what: string): string {
    const length = this.count(`length of ${what}`, 1);
    const start = this.take(length);
    try {
      return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(
        this.bytes.subarray(start, start + length),
      );
    } catch (cause) {
      throw damagedGguf(this.path, `${what} is not UTF-8`, undefined, cause);
    }
  }

  value(type: number, key: string): MetadataValue {
    if (type === STRING) return this.text(`"${key}"`);
    if (type !== ARRAY) return this.#single(type, key);
    const element = this.number(4);
    const count = this.count(`length of "${key}"`, element === STRING ? 8 : (WIDTHS[element] ?? 1));
    if (element === STRING) return Array.from({ length: count }, () => this.text(`"${key}"`));
    // as: elements of one type are all numbers or all booleans
    return Array.from({ length: count }, () => this.#single(element, key)) as readonly number[] | readonly boolean[];
  }

  #single(type: number, key: string): number | boolean {
    const width = WIDTHS[type];
    if (width === undefined) throw damagedGguf(this.path, `"${key}" has the unknown metadata type ${type}`, key);
    const at = this.take(width);
    const view = this.#view;
    if (type === 7) return view.getUint8(at) !== 0;
    if (type === 0) return view.getUint8(at);
    if (type === 1) return view.getInt8(at);
    if (type === 2) return view.getUint16(at, true);
    if (type === 3) return view.getInt16(at, true);
    if (type === 4) return view.getUint32(at, true);
    if (type === 5) return view.getInt32(at, true);
    if (type === 6) return view.getFloat32(at, true);
    if (type === 12) return view.getFloat64(at, true);
    return Number(type === 10 ? view.getBigUint64(at, true) : view.getBigInt64(at, true));
  }
}
