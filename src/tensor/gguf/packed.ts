/**
 * ggml's blocks of 4 and 8 bits as ONNX Runtime multiplies them: codes of neighbouring weights side by side in a byte (lower
 * half first), scales and minima apart. Exact: no weight changes.
 *   Q4_0, Q4_1: w = d (code - 8) + m',  m' = 0 or m + 8 d      Q8_0: w = d (code - 128)
 */
import { float32, type NdArray, uint8 } from "../dtype.ts";
import { float16Table } from "../half.ts";

/** A matrix [O, I] in blocks of 32 along its rows. */
export interface PackedMatrix {
  readonly bits: 4 | 8;
  readonly codes: NdArray<Uint8Array>; // [O, I / 32, 4 · bits]
  readonly scales: NdArray<Float32Array>; // [O, I / 32]
  readonly minima?: NdArray<Float32Array>; // [O, I / 32]
}

/** The types that can be packed without loss, and whether their blocks have minima. */
export const PACKABLE: Readonly<Record<string, { readonly bits: 4 | 8; readonly minima: boolean }>> = {
  Q4_0: { bits: 4, minima: false },
  Q4_1: { bits: 4, minima: true },
  Q8_0: { bits: 8, minima: false },
};

/** Repacks blocks of a packable type. */
export function packBlocks(type: string, blocks: Uint8Array, [rows, columns]: readonly number[]): PackedMatrix {
  const { bits, minima: withMinima } = PACKABLE[type];
  const half = float16Table();
  const perRow = columns / 32;
  const count = rows * perRow;
  const codes = new Uint8Array((count * 32 * bits) / 8);
  const scales = new Float32Array(count);
  const minima = withMinima ? new Float32Array(count) : undefined;
  const front = withMinima ? 4 : 2;
  const bytes = front + 4 * bits;
  for (let block = 0; block < count; block++) {
    const at = block * bytes;
    scales[block] = half[blocks[at] | (blocks[at + 1] << 8)];
    if (minima !== undefined) minima[block] = half[blocks[at + 2] | (blocks[at + 3] << 8)] + 8 * scales[block];
    if (bits === 8) for (let i = 0; i < 32; i++) codes[block * 32 + i] = blocks[at + front + i] ^ 128;
    else repackNibbles(blocks, at + front, codes, block * 16);
  }
  return {
    bits,
    codes: uint8(codes, [rows, perRow, 4 * bits]),
    scales: float32(scales, [rows, perRow]),
    minima: minima === undefined ? undefined : float32(minima, [rows, perRow]),
  };
}

/** ggml's byte i holds weights i and i + 16; here it holds 2i and 2i + 1. */
function repackNibbles(blocks: Uint8Array, from: number, codes: Uint8Array, to: number): void {
  for (let i = 0; i < 8; i++) {
    const [first, second] = [blocks[from + 2 * i], blocks[from + 2 * i + 1]];
    codes[to + i] = (first & 15) | ((second & 15) << 4);
    codes[to + 8 + i] = (first >> 4) | (second & 240);
  }
}

/** Rounds a matrix to 8 bits: w ≈ d (code - 128), d the largest of a block's |w| over 127. */
export function packEight(matrix: NdArray<Float32Array>, block = 32): PackedMatrix {
  const [rows, columns] = matrix.shape;
  const { data } = matrix;
  const count = data.length / block;
  const codes = new Uint8Array(data.length);
  const scales = new Float32Array(count);
  for (let at = 0; at < count; at++) {
    const [start, end] = [at * block, (at + 1) * block];
    let largest = 0;
    for (let i = start; i < end; i++) largest = Math.max(largest, Math.abs(data[i]));
    const scale = Math.fround(largest / 127);
    scales[at] = scale;
    for (let i = start; i < end; i++) codes[i] = scale === 0 ? 128 : 128 + Math.round(data[i] / scale);
  }
  const perRow = columns / block;
  return { bits: 8, codes: uint8(codes, [rows, perRow, block]), scales: float32(scales, [rows, perRow]) };
}
