import { expect, test } from "vitest";
import { F32, F32X4, get, I32, instantiate, unsigned, V128 } from "./wasm.ts";

test("a function over memory: four numbers times one, stored 16 bytes further", () => {
  const { run, memory } = instantiate({
    parameters: [I32, F32],
    locals: [[1, V128]],
    body: [...get(0), ...get(0), ...F32X4.load(0), ...get(1), ...F32X4.splat, ...F32X4.mul, ...F32X4.store(16)],
    pages: 1,
  });
  const numbers = new Float32Array(memory.buffer);
  expect(numbers).toHaveLength(65536 / 4);
  numbers.set([9, 9, 9, 9, 1, -2, 0.5, 4]);
  run(16, 0.5);
  expect([...numbers.subarray(0, 12)]).toEqual([9, 9, 9, 9, 1, -2, 0.5, 4, 0.5, -1, 0.25, 2]);
});

test("numbers are written in groups of seven bits, the lowest first", () => {
  expect([0, 127, 128, 300, 65536].map(unsigned)).toEqual([[0], [127], [0x80, 1], [0xac, 2], [0x80, 0x80, 4]]);
});
