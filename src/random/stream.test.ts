import { expect, test } from "vitest";
import { Key, Stream } from "./index.ts";

/** xoshiro128++ written from the authors' C (prng.di.unimi.it/xoshiro128plusplus.c) with big integers. */
function* xoshiro(...seed: readonly number[]): Generator<number> {
  const mask = 0xffffffffn;
  const s = seed.map((word) => BigInt(word >>> 0));
  const rotate = (x: bigint, by: bigint) => ((x << by) | (x >> (32n - by))) & mask;
  for (;;) {
    yield Number((rotate((s[0] + s[3]) & mask, 7n) + s[0]) & mask);
    const t = (s[1] << 9n) & mask;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = rotate(s[3], 11n);
  }
}

const take = (from: Iterator<number>, count: number) =>
  Array.from({ length: count }, () => from.next().value as number);

test("the twin is xoshiro128++: it gives the vector that Rust's rand_xoshiro tests with", () => {
  expect(take(xoshiro(1, 2, 3, 4), 10)).toEqual([
    641, 1573767, 3222811527, 3517856514, 836907274, 4247214768, 3867114732, 1355841295, 495546011, 621204420,
  ]);
});

test("a stream is xoshiro128++ from the key and one fold of it", () => {
  const key = Key.of(11).fold("stream test");
  const folded = key.fold("stream");
  const expected = take(xoshiro(key.high, key.low, folded.high, folded.low), 100);
  const single = new Stream(key);
  expect(Array.from({ length: 100 }, () => single.bits() >>> 0)).toEqual(expected);
});

test("words come in any pieces as they come one by one, and the stream goes on behind them", () => {
  const [single, pieces] = [new Stream(Key.of(12)), new Stream(Key.of(12))];
  for (const length of [1, 0, 5, 300, 2]) {
    const words = new Int32Array(length);
    pieces.words(words);
    expect([...words]).toEqual(Array.from({ length }, () => single.bits()));
  }
  expect(pieces.bits()).toBe(single.bits());
});

test("streams never change silently", () => {
  const stream = new Stream(Key.of(1));
  expect([stream.bits(), stream.bits(), stream.uniform(), stream.below(1000)]).toEqual([
    -68709957, -1859118084, 0.5534119508229196, 443,
  ]);
});

test("every bit of a word is set half of the time, and neighbouring words do not follow each other", () => {
  // n = 10⁶ words: a bit's count has deviation √n / 2, a lag correlation of uniforms 1 / √n. 4.5 deviations for 35 figures.
  const n = 1_000_000;
  const stream = new Stream(Key.of(2));
  const words = Int32Array.from({ length: n }, () => stream.bits());
  for (let bit = 0; bit < 32; bit++) {
    let ones = 0;
    for (const word of words) ones += (word >>> bit) & 1;
    expect(Math.abs(ones - n / 2) / (Math.sqrt(n) / 2)).toBeLessThan(4.5);
  }
  for (const lag of [1, 2, 7]) {
    let product = 0;
    for (let at = lag; at < n; at++) product += (words[at] / 2 ** 31) * (words[at - lag] / 2 ** 31);
    expect(Math.abs((3 * product) / n)).toBeLessThan(4.5 / Math.sqrt(n)); // U(-1, 1) has variance 1/3
  }
});

test("below spreads evenly over its range", () => {
  // χ² with 6 degrees of freedom is below 22.5 with probability 0.999.
  const stream = new Stream(Key.of(3));
  const counts = new Array<number>(7).fill(0);
  for (let draw = 0; draw < 70_000; draw++) counts[stream.below(7)]++;
  expect(counts.reduce((sum, count) => sum + (count - 10_000) ** 2 / 10_000, 0)).toBeLessThan(22.5);
});

test("streams of neighbouring seeds and folds are uncorrelated", () => {
  const n = 20_000;
  const keys = [0, 1, 2, 3, 2 ** 32]
    .map((seed) => Key.of(seed))
    .concat(["a", "b", 0, 1, 2, 3].map((word) => Key.of(0).fold(word)));
  const draws = keys.map((key) => {
    const stream = new Stream(key);
    return Float64Array.from({ length: n }, () => (stream.uniform() - 0.5) * Math.sqrt(12));
  });
  for (let a = 0; a < draws.length; a++) {
    for (let b = 0; b < a; b++) {
      const correlation = draws[a].reduce((sum, value, at) => sum + value * draws[b][at], 0) / n;
      expect(Math.abs(correlation)).toBeLessThan(4.5 / Math.sqrt(n)); // 55 pairs
    }
  }
});
