/** Small GGUF files for tests: metadata of strings, whole numbers, floats and lists; float32 tensors, or blocks as given. */
import { writeFile } from "node:fs/promises";

type Value = string | number | boolean | { readonly float: number } | readonly string[] | readonly number[];

export interface TensorToWrite {
  readonly shape: readonly number[];
  readonly data: Float32Array | { readonly type: number; readonly blocks: Uint8Array };
}

/** Writes a file of version 3. */
export async function writeGguf(
  path: string,
  metadata: Readonly<Record<string, Value>>,
  tensors: Readonly<Record<string, TensorToWrite>>,
): Promise<void> {
  await writeFile(path, ggufBytes(metadata, tensors));
}

/** The bytes of such a file. */
export function ggufBytes(
  metadata: Readonly<Record<string, Value>>,
  tensors: Readonly<Record<string, TensorToWrite>> = {},
): Buffer {
  const header: Buffer[] = [
    Buffer.from("GGUF"),
    u32(3),
    u64(Object.keys(tensors).length),
    u64(Object.keys(metadata).length),
  ];
  for (const [key, value] of Object.entries(metadata)) header.push(text(key), ...typed(value));
  const data: Buffer[] = [];
  let offset = 0;
  for (const [name, { shape, data: given }] of Object.entries(tensors)) {
    const { type, blocks } = given instanceof Float32Array ? { type: 0, blocks: bytesOf(given) } : given;
    header.push(text(name), u32(shape.length), ...[...shape].reverse().map(u64), u32(type), u64(offset));
    const padded = Buffer.alloc(Math.ceil(blocks.length / 32) * 32);
    padded.set(blocks);
    data.push(padded);
    offset += padded.length;
  }
  const front = Buffer.concat(header);
  return Buffer.concat([front, Buffer.alloc((32 - (front.length % 32)) % 32), ...data]);
}

function bytesOf(data: Float32Array): Uint8Array {
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}

function typed(value: Value): Buffer[] {
  if (typeof value === "string") return [u32(8), text(value)];
  if (typeof value === "boolean") return [u32(7), Buffer.of(Number(value))];
  if (typeof value === "number") return [u32(4), u32(value)];
  if (typeof value === "object" && "float" in value) return [u32(6), f32(value.float)];
  if (value.every((element) => typeof element === "string"))
    return [u32(9), u32(8), u64(value.length), ...value.map(text)];
  return [u32(9), u32(6), u64(value.length), ...(value as readonly number[]).map(f32)]; // not all are strings: numbers
}

function u32(value: number): Buffer {
  const buffer = Buffer.alloc(4);
  buffer.writeUInt32LE(value);
  return buffer;
}
function u64(value: number): Buffer {
  const buffer = Buffer.alloc(8);
  buffer.writeBigUInt64LE(BigInt(value));
  return buffer;
}
function f32(value: number): Buffer {
  const buffer = Buffer.alloc(4);
  buffer.writeFloatLE(value);
  return buffer;
}
function text(value: string): Buffer {
  const bytes = Buffer.from(value);
  return Buffer.concat([u64(bytes.length), bytes]);
}
