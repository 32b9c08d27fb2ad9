import { expect, test } from "vitest";
import { flagsSayTiles, flagsSayWide, leastRowsOfBytes } from "./cpu.ts";

test("either VNNI counts, for 256 bits or for 512; their neighbours in the list do not", () => {
  expect(flagsSayWide("sse2 avx2 avx512bw avx512_vnni")).toBe(true);
  expect(flagsSayWide("avx2 avx_vnni serialize")).toBe(true);
  expect(flagsSayWide("avx2 avx512_4vnniw avx512bw")).toBe(false);
  expect(flagsSayWide("")).toBe(false);
});

test("tiles of bytes are told from those of other numbers; there are one or three rows, whatever the CPU", () => {
  expect(flagsSayTiles("amx_bf16 amx_tile amx_int8")).toBe(true);
  expect(flagsSayTiles("amx_bf16 amx_tile avx512_vnni")).toBe(false);
  expect([1, 3]).toContain(leastRowsOfBytes());
});
