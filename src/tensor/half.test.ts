import { expect, test } from "vitest";
import { float16Table, fromBfloat16, fromFloat16, toFloat16 } from "./half.ts";

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

test("every float16 comes back from the float32 it was widened to", () => {
  const all = Uint16Array.from({ length: 65_536 }, (_, bits) => bits);
  const back = toFloat16(fromFloat16(all));
  const wrong = all.filter((bits, at) => {
    const none = (bits & 0x7c00) === 0x7c00 && (bits & 1023) !== 0;
    return none ? (back[at] & 0x7e00) !== 0x7e00 : back[at] !== bits;
  });
  expect([...wrong]).toEqual([]);
});

test("a float32 between two float16 becomes the nearer one, the even one halfway; what is too large, infinity", () => {
  const cases: [number, number][] = [
    [1 + 2 ** -11, 0x3c00], // halfway: even
    [1 + 3 * 2 ** -11, 0x3c02],
    [1 + 2 ** -11 + 2 ** -20, 0x3c01],
    [65519, 0x7bff],
    [65520, 0x7c00],
    [-1e9, 0xfc00],
    [2 ** -25, 0x0000], // halfway to the smallest: even
    [2 ** -25 + 2 ** -40, 0x0001],
    [2047 * 2 ** -25, 0x0400], // the largest subnormal carries over into the normal numbers
    [1e-30, 0x0000],
    [-1e-30, 0x8000],
    [Number.POSITIVE_INFINITY, 0x7c00],
  ];
  for (const [value, bits] of cases) expect([value, toFloat16(Float32Array.of(value))[0]]).toEqual([value, bits]);
});
