/**
 * ggml's "K" blocks of 256 weights, made float32: groups of 16 or 32 weights have scales (and minima) of 4 to 8 bits, which
 * a float16 of the block multiplies.   Q2_K, Q4_K, Q5_K  w = d s q - d' m      Q3_K, Q6_K  w = d s q
 * Source: ggml, ggml-common.h (block_q2_K … block_q6_K) and the order in which ggml-quants.c reads them.
 */
import { float16Table } from "../half.ts";
import { type BlockType, eachBlock } from "./blocks.ts";

const WEIGHTS = 256;

function halfAt(blocks: Uint8Array, at: number): number {
  return float16Table()[blocks[at] | (blocks[at + 1] << 8)];
}

/** 16 scales and minima of 4 bits, 64 bytes of 2-bit codes, d, d'. Code i of a half lies in byte i mod 32, at bits 2⌊i/32⌋. */
export const Q2_K: BlockType = {
  name: "Q2_K",
  weights: WEIGHTS,
  bytes: 84,
  expand: (blocks, into) =>
    eachBlock(Q2_K, into, (at, out) => {
      const [scale, minimum] = [halfAt(blocks, at + 80), halfAt(blocks, at + 82)];
      for (let i = 0; i < WEIGHTS; i++) {
        const both = blocks[at + (i >> 4)];
        into[out + i] = scale * (both & 15) * twoBits(blocks, at + 16, i) - minimum * (both >> 4);
      }
    }),
};

function twoBits(blocks: Uint8Array, start: number, i: number): number {
  return (blocks[start + 32 * (i >> 7) + (i & 31)] >> (2 * ((i >> 5) & 3))) & 3;
}

/** 32 bytes of third bits, 64 of the two lower ones, 16 scales of 6 bits in 12 bytes, d. A third bit that is 0 takes 4 away. */
export const Q3_K: BlockType = {
  name: "Q3_K",
  weights: WEIGHTS,
  bytes: 110,
  expand: (blocks, into) =>
    eachBlock(Q3_K, into, (at, out) => {
      const scale = halfAt(blocks, at + 108);
      for (let i = 0; i < WEIGHTS; i++) {
        const group = i >> 4;
        const low = group < 8 ? blocks[at + 96 + group] & 15 : blocks[at + 88 + group] >> 4;
        const high = (blocks[at + 104 + (group & 3)] >> (2 * (group >> 2))) & 3;
        const third = (blocks[at + (i & 31)] >> (i >> 5)) & 1;
        into[out + i] = scale * ((low | (high << 4)) - 32) * (twoBits(blocks, at + 32, i) - (third === 1 ? 0 : 4));
      }
    }),
};

/** Scale and minimum (6 bits each) of group j < 8, out of the 12 bytes at `start`. */
function scaleAndMinimum(blocks: Uint8Array, start: number, j: number): readonly [number, number] {
  const byte = (at: number) => blocks[start + at];
  if (j < 4) return [byte(j) & 63, byte(j + 4) & 63];
  return [(byte(j + 4) & 15) | ((byte(j - 4) >> 6) << 4), (byte(j + 4) >> 4) | ((byte(j) >> 6) << 4)];
}

/** d, d', 8 scales and minima of 6 bits, codes; the fifth bits of Q5_K stand in 32 bytes, one bit a group. */
function fourOrFiveBits(name: string, bytes: number, fifthBits: boolean): BlockType {
  const type = { weights: WEIGHTS, bytes };
  const codes = fifthBits ? 48 : 16;
  const expand = (blocks: Uint8Array, into: Float32Array) =>
    eachBlock(type, into, (at, out) => {
      const [d, dMinimum] = [halfAt(blocks, at), halfAt(blocks, at + 2)];
      for (let group = 0; group < 8; group++) {
        const [s, m] = scaleAndMinimum(blocks, at + 4, group);
        const [scale, minimum] = [d * s, dMinimum * m];
        for (let i = 0; i < 32; i++) {
          const byte = blocks[at + codes + 32 * (group >> 1) + i];
          const low = group % 2 === 0 ? byte & 15 : byte >> 4;
          const fifth = fifthBits ? ((blocks[at + 16 + i] >> group) & 1) << 4 : 0;
          into[out + 32 * group + i] = scale * (low | fifth) - minimum;
        }
      }
    });
  return { name, ...type, expand };
}

export const Q4_K = fourOrFiveBits("Q4_K", 144, false);
export const Q5_K = fourOrFiveBits("Q5_K", 176, true);

/** 128 bytes of lower nibbles, 64 of upper pairs, 16 signed scales of 8 bits, d. */
export const Q6_K: BlockType = {
  name: "Q6_K",
  weights: WEIGHTS,
  bytes: 210,
  expand: (blocks, into) =>
    eachBlock(Q6_K, into, (at, out) => {
      const d = halfAt(blocks, at + 208);
      for (let i = 0; i < WEIGHTS; i++) {
        const [half, quarter, l] = [i >> 7, (i >> 5) & 3, i & 31];
        const nibbles = blocks[at + 64 * half + 32 * (quarter & 1) + l];
        const low = quarter < 2 ? nibbles & 15 : nibbles >> 4;
        const high = (blocks[at + 128 + 32 * half + l] >> (2 * quarter)) & 3;
        const scale = (blocks[at + 192 + (i >> 4)] << 24) >> 24;
        into[out + i] = d * scale * ((low | (high << 4)) - 32);
      }
    }),
};
