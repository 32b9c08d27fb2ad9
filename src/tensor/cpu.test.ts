import { expect, test } from "vitest";
import { flagsSayWide } from "./cpu.ts";

test("either VNNI counts, for 256 bits or for 512; their neighbours in the list do not", () => {
  expect(flagsSayWide("sse2 avx2 avx512bw avx512_vnni")).toBe(true);
  expect(flagsSayWide("avx2 avx_vnni serialize")).toBe(true);
  expect(flagsSayWide("avx2 avx512_4vnniw avx512bw")).toBe(false);
  expect(flagsSayWide("")).toBe(false);
});
