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

/** Numbers as the bits of the nearest float16, ties to even; what is too large becomes infinity. */
export function toFloat16(values: Float32Array): Uint16Array {
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  const halves = new Uint16Array(values.length);
  for (let at = 0; at < bits.length; at++) halves[at] = narrowedBits(bits[at]);
  return halves;
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

function narrowedBits(bits: number): number {
  const sign = (bits >>> 16) & 0x8000;
  const exponent = ((bits >>> 23) & 255) - 112; // as float16 counts it
  const fraction = bits & 0x7fffff;
  if (exponent === 143) return sign | 0x7c00 | (fraction === 0 ? 0 : 0x200); // infinity, NaN
  if (exponent >= 31) return sign | 0x7c00;
  if (exponent < -10) return sign;
  // The fraction with its leading 1, of which `dropped` bits do not fit; what carries over raises the exponent by itself.
  const whole = exponent > 0 ? (exponent << 23) | fraction : fraction | 0x800000;
  const dropped = exponent > 0 ? 13 : 14 - exponent;
  const kept = whole >>> dropped;
  const rest = whole & (2 ** dropped - 1);
  const half = 2 ** (dropped - 1);
  return sign | (kept + Number(rest > half || (rest === half && (kept & 1) === 1)));
}
