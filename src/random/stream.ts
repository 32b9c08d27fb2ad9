/**
 * Numbers out of a key: xoshiro128++ (Blackman and Vigna, 2019), started from the 64 bits of the key and the 64 of one
 * fold, so that different keys start in different states.
 * A stream is for one consumer; whoever needs two folds its key twice.
 */
import type { Key } from "./key.ts";

export class Stream {
  #a: number;
  #b: number;
  #c: number;
  #d: number;

  constructor(key: Key) {
    const { high, low } = key.fold("stream");
    this.#a = key.high | 0;
    this.#b = key.low | 0;
    this.#c = high | 0;
    this.#d = low | 0; // never all zero, the one state xoshiro cannot leave: the zero key does not fold to itself
  }

  /** 32 random bits as a signed integer. */
  bits(): number {
    const sum = (this.#a + this.#d) | 0;
    const result = (((sum << 7) | (sum >>> 25)) + this.#a) | 0;
    const shifted = this.#b << 9;
    this.#c ^= this.#a;
    this.#d ^= this.#b;
    this.#b ^= this.#c;
    this.#a ^= this.#d;
    this.#c ^= shifted;
    this.#d = (this.#d << 11) | (this.#d >>> 21);
    return result;
  }

  /** The next words of 32 random bits, as `bits` gives them one by one; written out because that takes three times as long. */
  words(into: Int32Array): void {
    let a = this.#a;
    let b = this.#b;
    let c = this.#c;
    let d = this.#d;
    for (let at = 0; at < into.length; at++) {
      const sum = (a + d) | 0;
      into[at] = (((sum << 7) | (sum >>> 25)) + a) | 0;
      const shifted = b << 9;
      c ^= a;
      d ^= b;
      b ^= c;
      a ^= d;
      c ^= shifted;
      d = (d << 11) | (d >>> 21);
    }
    this.#a = a;
    this.#b = b;
    this.#c = c;
    this.#d = d;
  }

  /**
   * Fills each byte with 1 at probability `threshold` / 32768, else 0; two words of bits a word of flips. The method is
   * told in bernoulli.ts; the loop stands here because calling `bits` for every word takes three times as long.
   */
  flips(threshold: number, into: Uint32Array): void {
    const both = threshold | (threshold << 16);
    let a = this.#a;
    let b = this.#b;
    let c = this.#c;
    let d = this.#d;
    for (let at = 0; at < into.length; at++) {
      const firstSum = (a + d) | 0;
      const first = (((firstSum << 7) | (firstSum >>> 25)) + a) | 0;
      const firstShifted = b << 9;
      c ^= a;
      d ^= b;
      b ^= c;
      a ^= d;
      c ^= firstShifted;
      d = (d << 11) | (d >>> 21);
      const secondSum = (a + d) | 0;
      const second = (((secondSum << 7) | (secondSum >>> 25)) + a) | 0;
      const secondShifted = b << 9;
      c ^= a;
      d ^= b;
      b ^= c;
      a ^= d;
      c ^= secondShifted;
      d = (d << 11) | (d >>> 21);
      into[at] =
        ((((first & 0x7fff7fff) + both) >>> 15) & 0x00010001) | ((((second & 0x7fff7fff) + both) >>> 7) & 0x01000100);
    }
    this.#a = a;
    this.#b = b;
    this.#c = c;
    this.#d = d;
  }

  /** Uniform in [0, 1), 32 bits of it. */
  uniform(): number {
    return (this.bits() >>> 0) / 4294967296;
  }

  /** Uniform integer in [0, limit), without modulo bias to 2^-32. */
  below(limit: number): number {
    return Math.floor(this.uniform() * limit);
  }
}
