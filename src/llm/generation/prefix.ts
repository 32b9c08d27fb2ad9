/**
 * What texts begin with, read once: its keys and values are copied to the front of each row's cache, not computed again.
 * Texts of unequal length are filled up at the left, so that fillings stand between that beginning and what follows it. Rotary
 * products depend on distances alone: a row's copies of the keys turn by as many places more as it is filled up with, and every
 * distance is what it is without fillings.
 */
import type { DecoderConfig } from "../config.ts";
import { frequencyOf } from "../rope.ts";
import { KeyValueCache } from "./cache.ts";

/** Of whoever reads texts: what they follow. */
export interface Following {
  /** A cache of one row that has read what all texts begin with. */
  readonly prefix?: KeyValueCache | undefined;
}

/** A cache of one row, that of the beginning, as one of rows with these fillings [B] behind it. */
export function cacheBehind(prefix: KeyValueCache, padding: readonly number[], config: DecoderConfig): KeyValueCache {
  const { layers, keyValueHeads: heads, headDim } = config;
  const { length, room, arrays } = prefix;
  const batch = padding.length;
  const each = heads * headDim * length;
  const keys = new Float32Array(layers * batch * each); // [layers · B, Hkv, d, S]
  const values = new Float32Array(keys.length); // [layers · B, Hkv, S, d]
  for (let layer = 0; layer < layers; layer++) {
    const [readKeys, readValues] = [arrays[`keys ${layer}`].data, arrays[`values ${layer}`].data] as Float32Array[]; // as: a cache's
    const own = new Float32Array(each);
    for (let line = 0; line < heads * headDim; line++) {
      own.set(readKeys.subarray(line * room, line * room + length), line * length);
    }
    padding.forEach((places, row) => {
      const start = (layer * batch + row) * each;
      keys.set(own, start);
      turn(keys.subarray(start, start + each), places, length, config);
      for (let head = 0; head < heads; head++) {
        const from = head * room * headDim;
        values.set(readValues.subarray(from, from + length * headDim), start + head * length * headDim);
      }
    });
  }
  const cache = new KeyValueCache(config, batch);
  cache.append({ keys, values }, new Float32Array(batch * length));
  return cache;
}

/** Keys [Hkv, d, S] as if each stood so many places further: pairs (i, i + d/2) turn by that many times their frequency. */
function turn(keys: Float32Array, places: number, length: number, config: DecoderConfig): void {
  if (places === 0) return;
  const half = config.headDim / 2;
  const turns = Array.from({ length: half }, (_, at) => places * frequencyOf(config.rope, config.headDim, at));
  for (let head = 0; head < config.keyValueHeads; head++) {
    turns.forEach((angle, at) => {
      const [cosine, sine] = [Math.cos(angle), Math.sin(angle)];
      const start = (head * config.headDim + at) * length;
      for (let first = start; first < start + length; first++) {
        const second = first + half * length;
        const [a, b] = [keys[first], keys[second]];
        keys[first] = a * cosine - b * sine;
        keys[second] = a * sine + b * cosine;
      }
    });
  }
}
