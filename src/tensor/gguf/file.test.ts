import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { CheckpointError } from "#base";
import { ggufBytes, writeGguf } from "../../../test/suites/gguf-writer.ts";
import { missingModel, modelPath } from "../../../test/suites/shared-models.ts";
import { readSafetensors } from "../safetensors.ts";
import { openGguf } from "./file.ts";

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "deftrec-gguf-"));
});
afterAll(() => rm(folder, { recursive: true }));

test("metadata of every kind and float32 tensors come back, sizes outermost first", async () => {
  const path = join(folder, "small.gguf");
  const metadata = {
    "general.name": "größe",
    count: 7,
    on: true,
    ratio: { float: 0.5 },
    words: ["a", ""],
    scores: [1, -2.5],
  };
  await writeGguf(path, metadata, { m: { shape: [2, 3], data: Float32Array.of(1, 2, 3, 4, 5, 6) } });
  await using file = await openGguf(path);
  expect(file.metadata).toEqual({ ...metadata, ratio: 0.5 });
  expect(file.tensors.get("m")).toMatchObject({ shape: [2, 3], type: "F32", bytes: 24 });
  expect(await file.read("m")).toEqual({ dtype: "float32", shape: [2, 3], data: Float32Array.of(1, 2, 3, 4, 5, 6) });
});

test("a block of Q4_1 by hand: w = d q + m, lower nibbles first", async () => {
  const codes = Array.from({ length: 16 }, (_, at) => at | ((15 - at) << 4));
  const blocks = Uint8Array.of(0x00, 0x38, 0x00, 0xbc, ...codes); // d = 0.5, m = -1 in float16
  const path = join(folder, "q41.gguf");
  await writeGguf(path, {}, { w: { shape: [1, 32], data: { type: 3, blocks } } });
  await using file = await openGguf(path);
  const first = Array.from({ length: 16 }, (_, at) => 0.5 * at - 1);
  expect([...(await file.read("w")).data]).toEqual([...first, ...first.toReversed()]);
});

const shared = missingModel("tiny/gguf");
test.skipIf(shared !== undefined)("every quantisation becomes exactly the numbers of the answer key", async () => {
  await using file = await openGguf(modelPath("tiny/gguf/quants.gguf"));
  const { arrays } = await readSafetensors(modelPath("tiny/gguf/dequantised.safetensors"));
  const names = [...file.tensors.keys()];
  expect(names.sort()).toEqual(Object.keys(arrays).sort());
  for (const name of names) {
    expect(file.tensors.get(name)?.type).toBe(name);
    expect(await file.read(name), name).toEqual(arrays[name]);
  }
});

async function complaintOf(content: Uint8Array): Promise<string> {
  const path = join(folder, "damaged.gguf");
  await writeFile(path, content);
  const error: unknown = await openGguf(path).then(
    (file) => file[Symbol.asyncDispose]().then(() => "opened"),
    (cause: unknown) => cause,
  );
  if (!(error instanceof CheckpointError)) throw new Error(`expected a CheckpointError, got ${String(error)}`);
  return error.message.replaceAll(path, "FILE");
}

test("every damage is named", async () => {
  const whole = ggufBytes({ name: "x" }, { w: { shape: [2, 32], data: Float32Array.from({ length: 64 }, Math.sin) } });
  const patched = (at: number, ...bytes: number[]) => {
    const copy = Buffer.from(whole);
    copy.set(bytes, at);
    return copy;
  };
  const typeAt = whole.indexOf("w", 40) + 1 + 4 + 16;
  expect(await complaintOf(Buffer.from("hello, I am a README"))).toMatchInlineSnapshot(
    `"FILE: not a whole GGUF file: it does not begin with "GGUF". Restore it from a copy or fetch it again."`,
  );
  expect(await complaintOf(whole.subarray(0, 3))).toMatchInlineSnapshot(
    `"FILE: not a whole GGUF file: it ends after 3 bytes, inside its header. Restore it from a copy or fetch it again."`,
  );
  expect(await complaintOf(whole.subarray(0, 40))).toMatchInlineSnapshot(
    `"FILE: not a whole GGUF file: it ends after 40 bytes, inside its header. Restore it from a copy or fetch it again."`,
  );
  expect(await complaintOf(whole.subarray(0, whole.length - 5))).toMatchInlineSnapshot(
    `"FILE: not a whole GGUF file: tensor "w" ends at byte 352, the file at 347. Restore it from a copy or fetch it again."`,
  );
  expect(await complaintOf(patched(4, 1))).toMatchInlineSnapshot(
    `"FILE: not a whole GGUF file: its version is 1, expected 2 or 3 (little-endian). Restore it from a copy or fetch it again."`,
  );
  expect(await complaintOf(patched(8, 255, 255, 255, 255))).toMatchInlineSnapshot(
    `"FILE: not a whole GGUF file: its number of tensors is 4294967295, more than the file can hold. Restore it from a copy or fetch it again."`,
  );
  expect(await complaintOf(patched(typeAt, 99))).toMatchInlineSnapshot(
    `"FILE: tensor "w" has ggml's type 99, which is not read. Known: F32, F16, Q4_0, Q4_1, Q5_0, Q5_1, Q8_0, Q2_K, Q3_K, Q4_K, Q5_K, Q6_K, BF16. Take another quantisation of the same model."`,
  );
  expect(await complaintOf(patched(typeAt, 12))).toMatchInlineSnapshot(
    `"FILE: not a whole GGUF file: tensor "w" [2, 32] does not divide into blocks of Q4_K. Restore it from a copy or fetch it again."`,
  );
  await expect(openGguf("nowhere.gguf")).rejects.toThrow("nowhere.gguf: there is no such file.");
});

test("whatever bytes are cut or flipped, it is read or the error is a CheckpointError", async () => {
  const small = ggufBytes(
    { name: "x", words: ["a", "b"], n: [1, 2] },
    { w: { shape: [2, 32], data: new Float32Array(64) } },
  );
  const whole = shared === undefined ? await readFile(modelPath("tiny/gguf/quants.gguf")) : small;
  const path = join(folder, "fuzz.gguf");
  const change = fc.record({
    of: fc.boolean(),
    at: fc.nat(400),
    bits: fc.integer({ min: 1, max: 255 }),
    cut: fc.nat(6),
  });
  for (const { of, at, bits, cut } of fc.sample(change, { numRuns: 300, seed: 7 })) {
    const content = Buffer.from(of ? whole : small);
    content[at % content.length] ^= bits;
    await writeFile(path, cut === 0 ? content.subarray(0, at) : content);
    const outcome: unknown = await openGguf(path).then(
      async (file) => {
        for (const name of file.tensors.keys()) await file.read(name);
        await file[Symbol.asyncDispose]();
      },
      (cause: unknown) => cause,
    );
    if (outcome !== undefined) expect(outcome, `byte ${at} ^ ${bits}, cut ${cut}`).toBeInstanceOf(CheckpointError);
  }
});
