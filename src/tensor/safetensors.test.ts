import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { CheckpointError } from "#base";
import { type Arrays, bool, float32, int32 } from "./dtype.ts";
import { readSafetensors, writeSafetensors } from "./safetensors.ts";

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "deftrec-safetensors-"));
});
afterAll(() => rm(folder, { recursive: true }));

const EVERY_TYPE: Arrays = {
  "blocks.0.weight": float32([1.5, -2, 0, Number.NaN, Number.POSITIVE_INFINITY, 3], [2, 3]),
  step: { dtype: "int64", shape: [], data: BigInt64Array.of(2n ** 62n) },
  precise: { dtype: "float64", shape: [2], data: Float64Array.of(0.1, -1e300) },
  codes: int32([1, -2, 3], [3]),
  "größe ✓": bool([1, 0, 1], [3, 1]),
  empty: float32([], [0, 4]),
};

test("what is written is read again, bit for bit, with its words beside it", async () => {
  const path = join(folder, "all.safetensors");
  await writeSafetensors(path, EVERY_TYPE, { config: '{"dim":64}' });
  const { arrays, metadata } = await readSafetensors(path);
  expect(metadata).toEqual({ config: '{"dim":64}' });
  expect(Object.keys(arrays).sort()).toEqual(Object.keys(EVERY_TYPE).sort());
  for (const [name, array] of Object.entries(EVERY_TYPE)) expect(arrays[name]).toEqual(array);
});

test("a part of a larger array is written as that part", async () => {
  const path = join(folder, "part.safetensors");
  const whole = Float32Array.of(1, 2, 3, 4);
  await writeSafetensors(path, { middle: float32(whole.subarray(1, 3), [2]) });
  expect((await readSafetensors(path)).arrays.middle.data).toEqual(Float32Array.of(2, 3));
});

test("the bytes are those the format asks for: length, header in blanks to 8 bytes, wide elements first", async () => {
  const path = join(folder, "bytes.safetensors");
  await writeSafetensors(path, { a: bool([1], [1]), b: float32([1], []) });
  const bytes = await readFile(path);
  const header =
    '{"b":{"dtype":"F32","shape":[],"data_offsets":[0,4]},"a":{"dtype":"BOOL","shape":[1],"data_offsets":[4,5]}}';
  const padded = header.padEnd(Math.ceil(header.length / 8) * 8);
  expect(bytes.readBigUInt64LE(0)).toBe(BigInt(padded.length));
  expect(bytes.subarray(8, 8 + padded.length).toString()).toBe(padded);
  expect([...bytes.subarray(8 + padded.length)]).toEqual([0, 0, 0x80, 0x3f, 1]); // 1 as float32, true
});

test("half precision is read as float32", async () => {
  // float16: 1, -2, the smallest subnormal 2^-24, the largest subnormal, the largest 65504, infinity, -0
  const halves = Uint16Array.of(0x3c00, 0xc000, 0x0001, 0x03ff, 0x7bff, 0x7c00, 0x8000);
  const brains = Uint16Array.of(0x3f80, 0xc040, 0x7f80); // bfloat16: 1, -3, infinity
  const nan = Uint16Array.of(0x7e00);
  const path = await file(
    "half",
    '{"h":{"dtype":"F16","shape":[7],"data_offsets":[0,14]},"b":{"dtype":"BF16","shape":[3],"data_offsets":[14,20]},"n":{"dtype":"F16","shape":[1],"data_offsets":[20,22]}}',
    Buffer.concat([halves, brains, nan].map((part) => new Uint8Array(part.buffer))),
  );
  const { arrays } = await readSafetensors(path);
  const largestSubnormal = 1023 * 2 ** -24;
  expect(arrays.h).toEqual(float32([1, -2, 2 ** -24, largestSubnormal, 65504, Number.POSITIVE_INFINITY, -0], [7]));
  expect(arrays.b).toEqual(float32([1, -3, Number.POSITIVE_INFINITY], [3]));
  expect(arrays.n.data[0]).toBeNaN();
});

test("a name may be any word, __proto__ too", async () => {
  const path = join(folder, "names.safetensors");
  await writeSafetensors(path, Object.fromEntries([["__proto__", float32([7], [1])]]));
  expect(Object.entries((await readSafetensors(path)).arrays)).toEqual([["__proto__", float32([7], [1])]]);
});

test("an array whose data do not fill its shape is not written, and the file that was there stays", async () => {
  const path = join(folder, "kept.safetensors");
  await writeSafetensors(path, { a: float32([1], [1]) });
  const before = await readFile(path);
  await expect(writeSafetensors(path, { a: float32([1, 2, 3], [2]) })).rejects.toThrow(
    `${path}: array "a" of float32 [2] should hold 8 bytes, got Float32Array of 12.`,
  );
  await expect(writeSafetensors(path, { a: { dtype: "int32", shape: [1], data: Float32Array.of(1) } })).rejects.toThrow(
    `${path}: array "a" of int32 [1] should hold 4 bytes, got Float32Array of 4.`,
  );
  await expect(writeSafetensors(path, { __metadata__: float32([1], [1]) })).rejects.toThrow(
    `${path}: an array cannot be named "__metadata__", where the format keeps its words.`,
  );
  expect(await readFile(path)).toEqual(before);
  expect((await readdir(folder)).filter((name) => name.endsWith(".part"))).toEqual([]);
});

test("every damage is named", async () => {
  const one = '{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}';
  const eight = new Uint8Array(8);
  const entry = (fields: string) => `{"a":{${fields}}}`;
  const two = (a: string, b: string) =>
    `{"a":{"dtype":"F32","shape":[1],"data_offsets":${a}},"b":{"dtype":"F32","shape":[1],"data_offsets":${b}}}`;
  const cases: readonly (readonly [string, Uint8Array | string])[] = [
    ["empty", new Uint8Array(0)],
    ["a text", "hello, I am a README"],
    ["cut in the header", (await readFile(await file("w", one, eight))).subarray(0, 30)],
    ["cut in the data", (await readFile(await file("w", one, eight))).subarray(0, -3)],
    ["not JSON", await file("j", '{"a":', eight)],
    ["not UTF-8", await file("u", Buffer.from([0x22, 0xff, 0x22]), eight)],
    ["a list", await file("l", "[1]", eight)],
    ["bad words", await file("m", '{"__metadata__":{"a":1}}', new Uint8Array(0))],
    ["no description", await file("d", '{"a":3}', eight)],
    ["unknown type", await file("t", entry('"dtype":"F8_E4M3","shape":[8],"data_offsets":[0,8]'), eight)],
    ["bad shape", await file("s", entry('"dtype":"F32","shape":[-2],"data_offsets":[0,8]'), eight)],
    ["bad offsets", await file("o", entry('"dtype":"F32","shape":[2],"data_offsets":[8,0]'), eight)],
    ["size mismatch", await file("z", entry('"dtype":"F32","shape":[3],"data_offsets":[0,8]'), eight)],
    ["a gap", await file("g", two("[0,4]", "[8,12]"), new Uint8Array(12))],
    ["an overlap", await file("p", two("[0,4]", "[0,4]"), new Uint8Array(4))],
    ["offsets outside", await file("x", two("[0,4]", "[4,8]"), new Uint8Array(5))],
    ["more data than arrays", await file("r", one, new Uint8Array(11))],
  ];
  const seen: string[] = [];
  for (const [what, content] of cases) {
    const path = join(folder, "damaged");
    await writeFile(
      path,
      typeof content === "string" && content.startsWith(folder) ? await readFile(content) : content,
    );
    const error = await readSafetensors(path).then(
      () => undefined,
      (cause: unknown) => cause,
    );
    expect(error, what).toBeInstanceOf(CheckpointError);
    expect((error as CheckpointError).file).toBe(path);
    seen.push(`${what}: ${(error as CheckpointError).message.replace(path, "FILE")}`);
  }
  expect(`\n${seen.join("\n")}\n`).toMatchInlineSnapshot(`
    "
    empty: FILE: not a whole safetensors file: it ends after 0 bytes, before its header. Restore it from a copy or make it again.
    a text: FILE: not a whole safetensors file: its first 8 bytes are not the length of a header. Restore it from a copy or make it again.
    cut in the header: FILE: not a whole safetensors file: it ends after 30 bytes, inside its header of 54 bytes. Restore it from a copy or make it again.
    cut in the data: FILE: not a whole safetensors file: array "a" ends at byte 8 of the data, which has only 5. Restore it from a copy or make it again.
    not JSON: FILE: not a whole safetensors file: its header is not JSON. Restore it from a copy or make it again.
    not UTF-8: FILE: not a whole safetensors file: its header is not JSON. Restore it from a copy or make it again.
    a list: FILE: not a whole safetensors file: its header is not a JSON object. Restore it from a copy or make it again.
    bad words: FILE: not a whole safetensors file: its __metadata__ is not an object of strings. Restore it from a copy or make it again.
    no description: FILE: not a whole safetensors file: array "a" is not described by an object. Restore it from a copy or make it again.
    unknown type: FILE: not a whole safetensors file: array "a" has element type "F8_E4M3", expected one of F64, I64, F32, I32, F16, BF16, I8, U8, BOOL. Restore it from a copy or make it again.
    bad shape: FILE: not a whole safetensors file: array "a" has shape [-2], expected an array of sizes. Restore it from a copy or make it again.
    bad offsets: FILE: not a whole safetensors file: array "a" has data_offsets [8,0], expected [start, end]. Restore it from a copy or make it again.
    size mismatch: FILE: not a whole safetensors file: array "a" of F32 [3] needs 12 bytes, its data_offsets hold 8. Restore it from a copy or make it again.
    a gap: FILE: not a whole safetensors file: array "b" starts at byte 8 of the data, expected 4. Restore it from a copy or make it again.
    an overlap: FILE: not a whole safetensors file: array "b" starts at byte 0 of the data, expected 4. Restore it from a copy or make it again.
    offsets outside: FILE: not a whole safetensors file: array "b" ends at byte 8 of the data, which has only 5. Restore it from a copy or make it again.
    more data than arrays: FILE: not a whole safetensors file: 3 bytes at its end belong to no array. Restore it from a copy or make it again.
    "
  `);
});

test("cut anywhere, a file is refused by name, in its header, its arrays and at its end", async () => {
  const path = join(folder, "whole.safetensors");
  await writeSafetensors(path, EVERY_TYPE, { config: "{}" });
  const whole = await readFile(path);
  const cut = join(folder, "cut.safetensors");
  for (let length = 0; length < whole.length; length++) {
    await writeFile(cut, whole.subarray(0, length));
    const error = await readSafetensors(cut).catch((cause) => cause);
    expect(error, `${length} bytes`).toBeInstanceOf(CheckpointError);
    expect(error.file).toBe(cut);
  }
});

test("a file that is not there is named", async () => {
  const path = join(folder, "nowhere.safetensors");
  await expect(readSafetensors(path)).rejects.toThrow(
    `${path}: there is no such file. Look at the path, or make the file again.`,
  );
});

/** Writes a file with this header and these data. */
async function file(name: string, header: string | Uint8Array, data: Uint8Array): Promise<string> {
  const path = join(folder, `made-${name}`);
  const text = Buffer.from(header);
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(text.length));
  await writeFile(path, Buffer.concat([length, text, data]));
  return path;
}
