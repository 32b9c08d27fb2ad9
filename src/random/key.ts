/**
 * A key names one stream of random numbers. It is never advanced: `fold` derives a new key from a word or a number, so
 * that a draw depends on where it is made (seed, stage, epoch, step, address) and on nothing that ran before it. That is
 * what makes a run resumable: its random state is the key and the step, nothing else.
 *
 * Mixing is the 64-bit finaliser of MurmurHash3 on two 32-bit halves, after a multiply-xor over the folded words.
 */
export class Key {
  private constructor(
    readonly high: number,
    readonly low: number,
  ) {}

  /** The root key of a seed (any safe integer). */
  static of(seed: number): Key {
    return mixed(Math.floor(seed / 2 ** 32) >>> 0, seed >>> 0, Key.#make);
  }

  static #make = (high: number, low: number) => new Key(high, low);

  /** The key of a named or numbered child; different words give independent streams. */
  fold(word: string | number): Key {
    let high = this.high ^ 0x9e3779b9;
    let low = this.low ^ (typeof word === "string" ? 0x85ebca6b : 0xc2b2ae35);
    if (typeof word === "number") {
      low = Math.imul(low ^ (word >>> 0), 0xcc9e2d51);
      high = Math.imul(high ^ (Math.floor(word / 2 ** 32) >>> 0), 0x1b873593) ^ (low >>> 15);
    } else {
      for (let at = 0; at < word.length; at++) {
        low = Math.imul(low ^ word.charCodeAt(at), 0x01000193);
        high = Math.imul(high ^ low, 0xcc9e2d51) ^ (low >>> 13);
      }
    }
    return mixed(high, low, Key.#make);
  }
}

/** A bijection of 64 bits that spreads every input bit over both halves. */
function mixed<T>(high: number, low: number, make: (high: number, low: number) => T): T {
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
  return make(h >>> 0, l >>> 0);
}
