import { expect, test } from "vitest";
import { Key } from "#random";
import type { Ranker } from "./contract.ts";
import { explain } from "./explain.ts";

/** Items 1 and 2 point east, 3 north-east, 4 north; 0 is padding. */
const vectors = { dim: 2, data: Float32Array.of(0, 0, 1, 0, 2, 0, 1, 1, 0, 3) };
const plain: Ranker<Int32Array> = {
  encode: async (profiles) => profiles.map(({ history }) => history),
  score: async () => ({}),
  vectors: async () => vectors,
  [Symbol.asyncDispose]: async () => {},
};
const profile = { history: Int32Array.of(4, 1, 4, 3) };

test("each item's reasons are the nearest items of the history, each once, with their cosine", async () => {
  const [east, north] = await explain(plain as Ranker, profile, [2, 4], Key.of(1));
  expect(east.because.map(({ index }) => index)).toEqual([1, 3, 4]);
  expect(east.because.map(({ weight }) => Math.round(weight * 100))).toEqual([100, 71, 0]); // 0°, 45°, 90°
  expect(north.because[0]).toEqual({ index: 4, weight: expect.closeTo(1, 6) });
});

test("where a vector is generated, reasons lie near it, category and sentence are told", async () => {
  const generating = {
    ...plain,
    read: async () => [{ vector: Float32Array.of(0, 1), category: "boots", sentence: "Boots (boots)." }],
  };
  const reasons = await explain(generating as Ranker, profile, [2, 3], Key.of(1));
  for (const { because, category, text } of reasons) {
    expect(because[0].index).toBe(4);
    expect(category).toBe("boots");
    expect(text).toBe("Boots (boots).");
  }
});

test("nothing is made up for someone without a history, and a model without vectors says so", async () => {
  expect(await explain(plain as Ranker, { history: new Int32Array(0) }, [1], Key.of(1))).toEqual([{ because: [] }]);
  const { vectors: _, ...without } = plain;
  await expect(explain(without as Ranker, profile, [1], Key.of(1))).rejects.toThrowErrorMatchingInlineSnapshot(
    `[ConfigError: explain: this model has no item vectors, so that nothing tells what lies near what.]`,
  );
});

test("what spoke for an item is told, the three loudest that raised its score", async () => {
  const gains = { trend: 2, texts: 1, mix: 0.5, age: 0.25, repeat: -1 };
  const telling = {
    ...plain,
    contributions: async (_: Int32Array, items: Int32Array) =>
      Array.from(items, (item) =>
        item === 2 ? Object.entries(gains).map(([source, gain]) => ({ source, gain })) : [],
      ),
  };
  const [told, silent] = await explain(telling as Ranker, profile, [2, 4], Key.of(1));
  expect(told.spoke).toEqual([
    { source: "trend", gain: 2 },
    { source: "texts", gain: 1 },
    { source: "mix", gain: 0.5 },
  ]);
  expect(silent.spoke).toEqual([]);
});
