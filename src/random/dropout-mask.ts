/**
 * Dropout masks as floats, 0 or 1 / keep: what x is multiplied by, scale included. Made to be drawn by the million.
 *
 * One 32-bit word gives four elements. Words are a counter run through a 32-bit finaliser (lowbias32, C. Wellons'
 * hash-prospector: two multiplications, lower bias than MurmurHash3's), so that iterations do not wait for each other as
 * they do in a generator that carries state: three times as fast here. A byte b stays when b < round(256 keep), so `keep`
 * is used to the nearest 1/256 and the scale is that of the probability really used: the mean stays exact.
 */
import { drawn, type Shape, type Tensor } from "#tensor";
import { Key } from "./key.ts";
import type { TracedKey } from "./traced.ts";

/** Fills with 1 / keep at probability `keep` (to the nearest 1/256, at least 1/256), else 0. */
export function fillDropoutMask(key: Key, keep: number, data: Float32Array | Float64Array): void {
  const threshold = Math.max(1, Math.round(keep * 256));
  // A table instead of a comparison: the processor cannot guess coin flips, and a wrong guess costs ten elements.
  const valueAt = new Float32Array(256).fill(256 / threshold, 0, threshold);
  const whole = data.length & ~3;
  const { high, low } = key;
  let counter = low | 0;
  for (let at = 0; at < whole; at += 4) {
    counter = (counter + 1) | 0;
    const word = finalised(counter, high);
    data[at] = valueAt[word & 255];
    data[at + 1] = valueAt[(word >>> 8) & 255];
    data[at + 2] = valueAt[(word >>> 16) & 255];
    data[at + 3] = valueAt[word >>> 24];
  }
  const rest = finalised(counter + 1, high);
  for (let at = whole; at < data.length; at++) data[at] = valueAt[(rest >>> (8 * (at - whole))) & 255];
}

function finalised(counter: number, high: number): number {
  let word = counter ^ (counter >>> 16) ^ high;
  word = Math.imul(word, 0x21f0aaad);
  word ^= word >>> 15;
  word = Math.imul(word, 0xd35a2d97);
  return word ^ (word >>> 15);
}

/** A mask for dropout inside a traced function: 1 / keep with probability `keep`, else 0. */
export function dropoutMask(place: TracedKey, keep: number, shape: Shape): Tensor {
  return drawn(shape, "float32", {
    label: `dropout(${keep}) ${place.path.join("/")}`,
    fill(key, data) {
      if (!(key instanceof Key)) throw new Error(`internal: this graph draws dropout masks; give its run a key`);
      // A drawn leaf of dtype float32 is filled as float32, or as float64 in a graph of double precision.
      fillDropoutMask(place.of(key), keep, data as Float32Array | Float64Array);
    },
  });
}
