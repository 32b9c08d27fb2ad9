import { expect, test } from "vitest";
import { Key } from "./index.ts";

const words = (key: Key) => [key.high, key.low];

test("keys never change silently: every seeded figure that was published hangs on these", () => {
  expect(words(Key.of(0))).toEqual([3405333539, 3162335517]);
  expect(words(Key.of(1))).toEqual([556344858, 1827769194]);
  expect(words(Key.of(2 ** 40 + 1))).toEqual([540019885, 3067010305]);
  expect(words(Key.of(1).fold("items.weight"))).toEqual([3819397285, 4291565501]);
  expect(words(Key.of(1).fold("step").fold(7))).toEqual([2128186267, 1255669629]);
});

test("a key is its seed and its folds, whatever was folded before elsewhere", () => {
  const root = Key.of(3);
  root.fold("other");
  expect(words(root.fold("a").fold(1))).toEqual(words(Key.of(3).fold("a").fold(1)));
});

test("seeds, words, numbers, their order and their signs all make different keys", () => {
  const root = Key.of(5);
  const keys = [
    root,
    Key.of(-5),
    Key.of(5 + 2 ** 32),
    ...["", "a", "b", "ab", "ba", "1"].map((word) => root.fold(word)),
    ...[0, 1, -1, 2 ** 32 - 1, 2 ** 32, 2 ** 32 + 1].map((word) => root.fold(word)),
    root.fold("a").fold("b"),
    root.fold("b").fold("a"),
    root.fold(1).fold(2),
    root.fold(2).fold(1),
  ];
  expect(new Set(keys.map((key) => words(key).join())).size).toBe(keys.length);
});

test("one bit of a seed or of a folded number turns each bit of the key as often as not", () => {
  // 64 key bits, 2,000 pairs: turned 1,000 times each, standard deviation √(2000 / 4) = 22.4; 5 of them for 64 × 2 counts.
  const pairs = 2000;
  for (const make of [(word: number) => Key.of(word), (word: number) => Key.of(9).fold(word)]) {
    const turned = new Array<number>(64).fill(0);
    for (let at = 0; at < pairs; at++) {
      const [a, b] = [make(at), make(at ^ (1 << (at % 24)))];
      const [high, low] = [a.high ^ b.high, a.low ^ b.low];
      for (let bit = 0; bit < 64; bit++) turned[bit] += (bit < 32 ? low >>> bit : high >>> (bit - 32)) & 1;
    }
    expect(Math.max(...turned.map((count) => Math.abs(count - pairs / 2)))).toBeLessThan(5 * Math.sqrt(pairs / 4));
  }
});
