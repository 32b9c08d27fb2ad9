/**
 * ggml's blocks of 32 weights and plain half-precision rows, made float32.
 *   Q4_0  w = d (q - 8)    Q4_1  w = d q + m    Q5_0  w = d (q - 16)    Q5_1  w = d q + m    Q8_0  w = d q
 * with d, m in float16. Nibbles: the lower halves of a block's 16 bytes are its first 16 weights, the upper halves the last
 * 16; the fifth bits of Q5 stand in one 32-bit word.   Source: ggml, ggml-common.h (block_q4_0 … block_q8_0).
 */
import { float16Table, fromBfloat16, fromFloat16 } from "../half.ts";

/** How one type lies in a file. */
export interface BlockType {
  readonly name: string;
  /** Weights of a block, and the bytes they take. */
  readonly weights: number;
  readonly bytes: number;
  /** Fills `into` from whole blocks. */
  expand(blocks: Uint8Array, into: Float32Array): void;
}

/** Calls `one` for each block: where its bytes begin and where its weights go. */
export function eachBlock(
  { weights, bytes }: { readonly weights: number; readonly bytes: number },
  into: Float32Array,
  one: (at: number, out: number) => void,
): void {
  for (let block = 0; block * weights < into.length; block++) one(block * bytes, block * weights);
}

function words(blocks: Uint8Array): Uint16Array {
  const copy = new Uint16Array(blocks.length / 2); // a part of a file may begin at an odd byte
  new Uint8Array(copy.buffer).set(blocks);
  return copy;
}

export const F32: BlockType = {
  name: "F32",
  weights: 1,
  bytes: 4,
  expand: (blocks, into) => new Uint8Array(into.buffer, into.byteOffset, into.byteLength).set(blocks),
};

export const F16: BlockType = {
  name: "F16",
  weights: 1,
  bytes: 2,
  expand: (blocks, into) => into.set(fromFloat16(words(blocks))),
};

export const BF16: BlockType = {
  name: "BF16",
  weights: 1,
  bytes: 2,
  expand: (blocks, into) => into.set(fromBfloat16(words(blocks))),
};

/** A type of 32 weights: `prefix` bytes of scales before its codes; `code` gives the q of weight i < 32. */
function blockOf32(
  name: string,
  bytes: number,
  offset: number | "minimum",
  code: (blocks: Uint8Array, at: number, i: number) => number,
): BlockType {
  const size = { weights: 32, bytes };
  const expand = (blocks: Uint8Array, into: Float32Array) => {
    const half = float16Table();
    eachBlock(size, into, (at, out) => {
      const scale = half[blocks[at] | (blocks[at + 1] << 8)];
      if (offset === "minimum") {
        const minimum = half[blocks[at + 2] | (blocks[at + 3] << 8)];
        for (let i = 0; i < 32; i++) into[out + i] = scale * code(blocks, at, i) + minimum;
      } else for (let i = 0; i < 32; i++) into[out + i] = scale * (code(blocks, at, i) - offset);
    });
  };
  return { name, ...size, expand };
}

function nibble(blocks: Uint8Array, start: number, i: number): number {
  return i < 16 ? blocks[start + i] & 15 : blocks[start + i - 16] >> 4;
}

/** The fifth bit of weight i, from the word of four bytes at `start`. */
function fifth(blocks: Uint8Array, start: number, i: number): number {
  return ((blocks[start + (i >> 3)] >> (i & 7)) & 1) << 4;
}

export const Q4_0 = blockOf32("Q4_0", 18, 8, (blocks, at, i) => nibble(blocks, at + 2, i));
export const Q4_1 = blockOf32("Q4_1", 20, "minimum", (blocks, at, i) => nibble(blocks, at + 4, i));
export const Q5_0 = blockOf32("Q5_0", 22, 16, (blocks, at, i) => nibble(blocks, at + 6, i) | fifth(blocks, at + 2, i));
export const Q5_1 = blockOf32(
  "Q5_1",
  24,
  "minimum",
  (blocks, at, i) => nibble(blocks, at + 8, i) | fifth(blocks, at + 4, i),
);
export const Q8_0 = blockOf32("Q8_0", 34, 0, (blocks, at, i) => (blocks[at + 2 + i] << 24) >> 24);
