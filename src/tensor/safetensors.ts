/**
 * Named arrays in a file that Python opens: 8 bytes of header length (little-endian), a JSON header padded with blanks
 * to 8 bytes, then the arrays end to end.   Source: github.com/huggingface/safetensors, README, "Format".
 * Differs: of its element types we write the six that graphs hold (F32, F64, I64, I32, U8, BOOL) and read F16 and BF16 as
 * float32. Wider elements come first, so that every array starts at a multiple of its element's size.
 */
import type { FileHandle } from "node:fs/promises";
import { CheckpointError, ShapeError, writeWhole } from "#base";
import { type Arrays, allocate, type DType, type NdArray, type TypedArray } from "./dtype.ts";
import { fromBfloat16, fromFloat16 } from "./half.ts";
import { fillFrom, openWeights } from "./positioned.ts";
import { showShape, sizeOf } from "./shape.ts";

/** What a file holds: arrays by name, and the words that were stored beside them. */
export interface Safetensors {
  readonly arrays: Arrays;
  readonly metadata: Readonly<Record<string, string>>;
}

const NAMES: Readonly<Record<DType, string>> = {
  float64: "F64",
  int64: "I64",
  float32: "F32",
  int32: "I32",
  int8: "I8",
  uint8: "U8",
  bool: "BOOL",
};

/** What an element type of the file becomes, and how many bytes one element takes there. */
const ELEMENTS: Readonly<Record<string, { readonly dtype: DType; readonly width: number }>> = {
  F64: { dtype: "float64", width: 8 },
  I64: { dtype: "int64", width: 8 },
  F32: { dtype: "float32", width: 4 },
  I32: { dtype: "int32", width: 4 },
  F16: { dtype: "float32", width: 2 },
  BF16: { dtype: "float32", width: 2 },
  I8: { dtype: "int8", width: 1 },
  U8: { dtype: "uint8", width: 1 },
  BOOL: { dtype: "bool", width: 1 },
};

/** No header is longer, says the format; a longer one is a damaged length. */
const LONGEST_HEADER = 100_000_000;

/** Writes the arrays in one step: `path` holds all of them or is as it was. They must not change meanwhile. */
export async function writeSafetensors(
  path: string,
  arrays: Arrays,
  metadata: Readonly<Record<string, string>> = {},
): Promise<void> {
  const entries = Object.entries(arrays).sort(
    ([a, { dtype: left }], [b, { dtype: right }]) => width(right) - width(left) || (a < b ? -1 : 1),
  );
  if (Object.hasOwn(arrays, "__metadata__")) {
    throw new ShapeError(`${path}: an array cannot be named "__metadata__", where the format keeps its words.`);
  }
  const fields: [string, unknown][] = Object.keys(metadata).length === 0 ? [] : [["__metadata__", metadata]];
  let start = 0;
  for (const [name, { dtype, shape, data }] of entries) {
    const size = sizeOf(shape) * width(dtype);
    if (data.byteLength !== size || !(data instanceof allocate(dtype, 0).constructor)) {
      throw new ShapeError(
        `${path}: array "${name}" of ${dtype} ${showShape(shape)} should hold ${size} bytes, got ${data.constructor.name} of ${data.byteLength}.`,
        { file: path, field: name },
      );
    }
    fields.push([name, { dtype: NAMES[dtype], shape, data_offsets: [start, start + size] }]);
    start += size;
  }
  await writeWhole(path, pieces(JSON.stringify(Object.fromEntries(fields)), entries));
}

function width(dtype: DType): number {
  return ELEMENTS[NAMES[dtype]].width;
}

function* pieces(json: string, entries: readonly (readonly [string, NdArray])[]): Iterable<Uint8Array> {
  const text = new TextEncoder().encode(json);
  const header = new Uint8Array(8 + Math.ceil(text.length / 8) * 8).fill(0x20);
  new DataView(header.buffer).setBigUint64(0, BigInt(header.length - 8), true);
  header.set(text, 8);
  yield header;
  for (const [, { data }] of entries) yield bytesOf(data);
}

function bytesOf(data: TypedArray | Uint16Array): Uint8Array {
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}

/** A file whose arrays are read one by one: for weights that are packed as they come in. */
export interface OpenSafetensors extends AsyncDisposable {
  /** Shape of each array, by name. */
  readonly shapes: Readonly<Record<string, readonly number[]>>;
  readonly metadata: Readonly<Record<string, string>>;
  /** One array; a name that is not there is our own mistake. */
  read(name: string): Promise<NdArray>;
}

/** Opens a file and reads its header; whatever is wrong with it is a `CheckpointError`. */
export async function openSafetensors(path: string): Promise<OpenSafetensors> {
  const file = await openWeights(path);
  try {
    const { entries, metadata, dataStart } = await readHeader(file, path);
    const known = new Map(entries.map((entry) => [entry.name, entry]));
    return {
      shapes: Object.fromEntries(entries.map(({ name, shape }) => [name, shape])),
      metadata,
      read: (name) => {
        const entry = known.get(name);
        if (entry === undefined) throw new Error(`internal: ${path} holds no array "${name}"`);
        return readEntry(file, path, entry, dataStart);
      },
      [Symbol.asyncDispose]: () => file.close(),
    };
  } catch (cause) {
    await file.close();
    throw cause;
  }
}

/** Reads a file whole; whatever is wrong with it is a `CheckpointError`. Values are not looked at. */
export async function readSafetensors(path: string): Promise<Safetensors> {
  await using file = await openSafetensors(path);
  const arrays: [string, NdArray][] = [];
  for (const name of Object.keys(file.shapes)) arrays.push([name, await file.read(name)]);
  return { arrays: Object.fromEntries(arrays), metadata: file.metadata };
}

async function readEntry(file: FileHandle, path: string, entry: Entry, dataStart: number): Promise<NdArray> {
  const { element, shape, start, end } = entry;
  const { dtype } = ELEMENTS[element];
  const half = element === "F16" || element === "BF16";
  const stored = half ? new Uint16Array((end - start) / 2) : allocate(dtype, sizeOf(shape));
  await fill(file, path, bytesOf(stored), dataStart + start);
  if (!(stored instanceof Uint16Array)) return { dtype, shape, data: stored };
  return { dtype, shape, data: element === "BF16" ? fromBfloat16(stored) : fromFloat16(stored) };
}

/** Where each array's bytes stand in a file, for whoever reads them without us. */
export async function locateArrays(
  path: string,
): Promise<Readonly<Record<string, { readonly offset: number; readonly length: number }>>> {
  const file = await openWeights(path);
  try {
    const { entries, dataStart } = await readHeader(file, path);
    return Object.fromEntries(
      entries.map(({ name, start, end }) => [name, { offset: dataStart + start, length: end - start }]),
    );
  } finally {
    await file.close();
  }
}

interface Entry {
  readonly name: string;
  readonly element: string;
  readonly shape: readonly number[];
  readonly start: number;
  readonly end: number;
}

async function readHeader(file: FileHandle, path: string) {
  const { size } = await file.stat();
  if (size < 8) throw damaged(path, `it ends after ${size} bytes, before its header`);
  const lengthBytes = new Uint8Array(8);
  await fill(file, path, lengthBytes, 0);
  const length = Number(new DataView(lengthBytes.buffer).getBigUint64(0, true));
  if (length > LONGEST_HEADER) throw damaged(path, `its first 8 bytes are not the length of a header`);
  if (8 + length > size) throw damaged(path, `it ends after ${size} bytes, inside its header of ${length} bytes`);
  const text = new Uint8Array(length);
  await fill(file, path, text, 8);
  const header = parseHeader(text, path);
  const metadata = parseMetadata(header.__metadata__, path);
  const entries = Object.entries(header)
    .filter(([name]) => name !== "__metadata__")
    .map(([name, value]) => parseEntry(name, value, path));
  requireCovered(entries, size - 8 - length, path);
  return { entries, metadata, dataStart: 8 + length };
}

function parseHeader(text: Uint8Array, path: string): Readonly<Record<string, unknown>> {
  let header: unknown;
  try {
    header = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(text));
  } catch (cause) {
    throw damaged(path, "its header is not JSON", undefined, cause);
  }
  if (!isRecord(header)) throw damaged(path, "its header is not a JSON object");
  return header;
}

function parseMetadata(value: unknown, path: string): Readonly<Record<string, string>> {
  if (value === undefined) return {};
  if (!isRecord(value) || Object.values(value).some((word) => typeof word !== "string")) {
    throw damaged(path, "its __metadata__ is not an object of strings", "__metadata__");
  }
  return value as Record<string, string>; // every value was just seen to be a string
}

function parseEntry(name: string, value: unknown, path: string): Entry {
  const wrong = (what: string) => damaged(path, `array "${name}" ${what}`, name);
  if (!isRecord(value)) throw wrong("is not described by an object");
  const { dtype, shape, data_offsets: offsets } = value;
  if (typeof dtype !== "string" || !Object.hasOwn(ELEMENTS, dtype)) {
    throw wrong(`has element type ${JSON.stringify(dtype)}, expected one of ${Object.keys(ELEMENTS).join(", ")}`);
  }
  if (!isSizes(shape)) throw wrong(`has shape ${JSON.stringify(shape)}, expected an array of sizes`);
  if (!isSizes(offsets) || offsets.length !== 2 || offsets[0] > offsets[1]) {
    throw wrong(`has data_offsets ${JSON.stringify(offsets)}, expected [start, end]`);
  }
  const [start, end] = offsets;
  const expected = sizeOf(shape) * ELEMENTS[dtype].width;
  if (end - start !== expected) {
    throw wrong(`of ${dtype} ${showShape(shape)} needs ${expected} bytes, its data_offsets hold ${end - start}`);
  }
  return { name, element: dtype, shape, start, end };
}

/** The arrays must lie end to end and fill the data: a gap or an overlap is damage. */
function requireCovered(entries: readonly Entry[], available: number, path: string): void {
  let covered = 0;
  for (const { name, start, end } of [...entries].sort((a, b) => a.start - b.start || a.end - b.end)) {
    if (start !== covered) {
      throw damaged(path, `array "${name}" starts at byte ${start} of the data, expected ${covered}`, name);
    }
    if (end > available) {
      throw damaged(path, `array "${name}" ends at byte ${end} of the data, which has only ${available}`, name);
    }
    covered = end;
  }
  if (covered !== available) throw damaged(path, `${available - covered} bytes at its end belong to no array`);
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isSizes(value: unknown): value is readonly number[] {
  return Array.isArray(value) && value.every((size) => Number.isSafeInteger(size) && size >= 0);
}

async function fill(file: FileHandle, path: string, bytes: Uint8Array, position: number): Promise<void> {
  const done = await fillFrom(file, bytes, position);
  if (done < bytes.length) throw damaged(path, `it ends after ${position + done} bytes, inside its data`);
}

function damaged(path: string, what: string, field?: string, cause?: unknown): CheckpointError {
  return new CheckpointError(
    `${path}: not a whole safetensors file: ${what}. Restore it from a copy or make it again.`,
    { code: "bad-safetensors", file: path, field, cause },
  );
}
