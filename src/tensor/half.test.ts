import { expect, test } from "vitest";
import { float16Table, fromBfloat16, fromFloat16 } from "./half.ts";

test("float16 becomes the float32 of the same value: normal, subnormal, infinite, negative zero, NaN", () => {
  const halves = Uint16Array.of(0x3c00, 0xc000, 0x3555, 0x0001, 0x03ff, 0x7bff, 0x7c00, 0xfc00);
  const third = 1365 / 4096; // 0x3555 = 2^-2 (1 + 341/1024)
  const expected = [1, -2, third, 2 ** -24, 1023 * 2 ** -24, 65504, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  expect([...fromFloat16(halves)]).toEqual(expected);
  expect(Object.is(fromFloat16(Uint16Array.of(0x8000))[0], -0)).toBe(true);
  expect(fromFloat16(Uint16Array.of(0x7e00))[0]).toBeNaN();
});

test("bfloat16 is the upper half of a float32", () => {
  expect([...fromBfloat16(Uint16Array.of(0x3f80, 0xc040, 0x7f80))]).toEqual([1, -3, Number.POSITIVE_INFINITY]);
});

test("the table of float16 follows the formula at every bit pattern that is a finite number", () => {
  const table = float16Table();
  for (let bits = 0; bits < 65_536; bits++) {
    const [sign, exponent, fraction] = [bits >> 15 ? -1 : 1, (bits >> 10) & 31, bits & 1023];
    if (exponent === 31) continue;
    const value = exponent === 0 ? fraction * 2 ** -24 : (1 + fraction / 1024) * 2 ** (exponent - 15);
    if (table[bits] !== sign * value) expect([bits, table[bits]]).toEqual([bits, sign * value]);
  }
});
