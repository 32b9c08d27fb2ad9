import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { fileHash } from "./file-hash.ts";

test("the hash of a file is SHA-256 of its bytes", async () => {
  const folder = await mkdtemp(join(tmpdir(), "deftrec-hash-"));
  await writeFile(join(folder, "a"), "abc");
  // The standard's own example (FIPS 180-2, B.1).
  expect(await fileHash(join(folder, "a"))).toBe("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  await rm(folder, { recursive: true });
});
