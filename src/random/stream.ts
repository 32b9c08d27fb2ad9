/**
 * Numbers out of a key: xoshiro128++ (Blackman and Vigna, 2019), seeded from the key by SplitMix32.
 * A stream is for one consumer; whoever needs two folds its key twice.
 */
import type { Key } from "./key.ts";

export class Stream {
  #a: number;
  #b: number;
  #c: number;
  #d: number;

  constructor(key: Key) {
    let state = key.low;
    const next = () => {
      state = (state + 0x9e3779b9) | 0;
      let z = state ^ key.high;
      z = Math.imul(z ^ (z >>> 16), 0x21f0aaad);
      z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
      return z ^ (z >>> 15);
    };
    this.#a = next();
    this.#b = next();
    this.#c = next();
    this.#d = next() | 1; // never all zero, the one state xoshiro cannot leave
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

  /** Uniform in [0, 1), 32 bits of it. */
  uniform(): number {
    return (this.bits() >>> 0) / 4294967296;
  }

  /** Uniform integer in [0, limit), without modulo bias to 2^-32. */
  below(limit: number): number {
    return Math.floor(this.uniform() * limit);
  }
}
