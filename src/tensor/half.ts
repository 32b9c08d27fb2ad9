/**
 * Half-precision numbers as they lie in files, made float32. float16: 1 sign, 5 exponent (bias 15), 10 fraction (IEEE 754);
 * bfloat16: the upper half of a float32. Both fit into float32 without rounding.
 */

/** The float32 values of float16 bits. */
export function fromFloat16(raw: Uint16Array): Float32Array {
  const values = new Float32Array(raw.length);
  const bits = new Uint32Array(values.buffer);
  for (let at = 0; at < raw.length; at++) bits[at] = widenedBits(raw[at]);
  return values;
}

/** The float32 values of bfloat16 bits. */
export function fromBfloat16(raw: Uint16Array): Float32Array {
  const values = new Float32Array(raw.length);
  const bits = new Uint32Array(values.buffer);
  for (let at = 0; at < raw.length; at++) bits[at] = raw[at] << 16;
  return values;
}

let table: Float32Array | undefined;

/** All 65,536 values of float16, by their bits: for readers of block formats, whose scales are float16. */
export function float16Table(): Float32Array {
  table ??= fromFloat16(Uint16Array.from({ length: 65_536 }, (_, bits) => bits));
  return table;
}

function widenedBits(half: number): number {
  const sign = (half & 0x8000) << 16;
  const exponent = (half >> 10) & 31;
  let fraction = half & 1023;
  if (exponent === 31) return sign | 0x7f800000 | (fraction << 13); // infinity, NaN
  if (exponent > 0) return sign | ((exponent + 112) << 23) | (fraction << 13);
  if (fraction === 0) return sign;
  // Subnormal: shift until the leading 1 stands where float32 leaves it out.
  let shift = 0;
  while ((fraction & 1024) === 0) {
    fraction <<= 1;
    shift++;
  }
  return sign | ((113 - shift) << 23) | ((fraction & 1023) << 13);
}
