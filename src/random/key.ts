/**
 * A key names one stream of random numbers. It is never advanced: `fold` derives a new key from a word or a number, so
 * that a draw depends on where it is made (seed, stage, epoch, step, address) and on nothing that ran before it. That is
 * what makes a run resumable: its random state is the key and the step, nothing else.
 *
 * A key is 64 bits in two halves. Folding takes in the word by multiply-xor and mixes with the constants of MurmurHash3
 * and xxHash.
 */
export class Key {
  private constructor(
    readonly high: number,
    readonly low: number,
  ) {}

  /** The root key of a seed (any safe integer). */
  static of(seed: number): Key {
    return Key.#mixed(upper(seed), seed);
  }

  /** The key of a named or numbered (safe integer) child; different words give independent streams. */
  fold(word: string | number): Key {
    let high = this.high ^ 0x9e3779b9;
    let low = this.low ^ (typeof word === "string" ? 0x85ebca6b : 0xc2b2ae35);
    if (typeof word === "number") {
      low = Math.imul(low ^ word, 0xcc9e2d51);
      high = Math.imul(high ^ upper(word), 0x1b873593) ^ (low >>> 15);
    } else {
      for (let at = 0; at < word.length; at++) {
        low = Math.imul(low ^ word.charCodeAt(at), 0x01000193);
        high = Math.imul(high ^ low, 0xcc9e2d51) ^ (low >>> 13);
      }
    }
    return Key.#mixed(high, low);
  }

  /** A bijection of 64 bits that spreads every input bit over both halves. */
  static #mixed(high: number, low: number): Key {
    let h = high | 0;
    let l = low | 0;
    for (let round = 0; round < 3; round++) {
      l ^= h >>> 15;
      l = Math.imul(l, 0x85ebca6b);
      l ^= l >>> 13;
      h = (h + Math.imul(l, 0xc2b2ae35)) | 0;
      h ^= h >>> 16;
      h = Math.imul(h, 0x27d4eb2f);
      l = (l ^ h) + 0x165667b1;
    }
    return new Key(h >>> 0, l >>> 0);
  }
}

/** The bits of a safe integer above its lowest 32. */
function upper(integer: number): number {
  return Math.floor(integer / 2 ** 32);
}
