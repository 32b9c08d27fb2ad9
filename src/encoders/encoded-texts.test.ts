import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { writeTinyEncoder } from "../../test/suites/tiny-encoder.ts";
import { encodedTexts } from "./encoded-texts.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "deftrec-vectors-"));
  vi.stubEnv("DEFTREC_CACHE", join(folder, "cache"));
  await writeTinyEncoder(folder);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true });
});

/** Encodes and tells whether anything was worked out. */
async function encode(texts: readonly string[]) {
  const emit = vi.fn();
  const encoded = await encodedTexts(folder, texts, { runtime: { device: "cpu", threads: 1 }, emit });
  return { ...encoded, worked: emit.mock.calls.length > 0 };
}

test("the same texts through the same model are encoded once, another text or another model anew", async () => {
  const first = await encode(["red", "", "nail"]);
  expect(first.worked).toBe(true);
  expect([...first.vectors.data.slice(3, 6)]).toEqual([0, 0, 0]); // nothing to say
  const second = await encode(["red", "", "nail"]);
  expect(second).toEqual({ ...first, worked: false });
  expect((await encode(["red", "", "polish"])).worked).toBe(true);
  await writeTinyEncoder(folder, { inputs: ["input_ids"] });
  expect((await encode(["red", "", "nail"])).worked).toBe(true);
  expect(first.files.map(({ path }) => path)).toEqual([join(folder, "model.onnx"), join(folder, "tokenizer.json")]);
});

test("a damaged file in the cache is made again", async () => {
  const { vectors } = await encode(["red", "nail"]);
  const cache = join(folder, "cache", "vectors");
  const [name] = await readdir(cache);
  await writeFile(join(cache, name), "damaged");
  expect(await encode(["red", "nail"])).toMatchObject({ vectors, worked: true });
  expect((await encode(["red", "nail"])).worked).toBe(false);
});
