/**
 * Coin flips as bytes of 0 and 1, made for dropout masks: half a 32-bit word a flip, four flips a store.
 *
 * A word holds two lanes of 16 bits; the low 15 of each are a number x in [0, 32768). Adding round(32768 p) carries into
 * the lane's top bit exactly when x ≥ 32768 - round(32768 p), and never out of the lane. So the probability of a 1 is p to
 * the nearest 1/32768, and 0 and 1 are exact.
 */
import type { Key } from "./key.ts";
import { Stream } from "./stream.ts";

/** Fills with 1 at `probability` (to the nearest 1/32768), else 0. */
export function fillBernoulli(key: Key, probability: number, data: Uint8Array): void {
  if (!(probability >= 0 && probability <= 1))
    throw new Error(`internal: bernoulli of probability ${probability}; expected a number from 0 to 1`);
  const threshold = Math.round(probability * 32768);
  const whole = data.length >>> 2;
  const stream = new Stream(key);
  if (data.byteOffset % 4 === 0) {
    stream.flips(threshold, new Uint32Array(data.buffer, data.byteOffset, whole));
  } else {
    const words = new Uint32Array(whole);
    stream.flips(threshold, words);
    data.set(new Uint8Array(words.buffer));
  }
  const rest = new Uint32Array(1);
  stream.flips(threshold, rest);
  data.set(new Uint8Array(rest.buffer, 0, data.length % 4), whole * 4);
}
