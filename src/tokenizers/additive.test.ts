import { expect, test } from "vitest";
import { mse, Weights } from "#nn";
import { adam } from "#optim";
import { fillNormal, Key, TracedKey } from "#random";
import type { Learned } from "#recommender";
import { compile, float32 } from "#tensor";
import { TrainingStep } from "../../test/suites/training-step.ts";
import { AdditiveTokenizer } from "./additive.ts";
import { barlowTwins, diversity, meanSquare } from "./losses/index.ts";

const runtime = { device: "cpu", threads: 1 } as const;
const OPTIONS = { dim: 48, width: 48, ways: 3, hidden: 64, mask: 0.1, noise: 0.1 };
const ROWS = 256;

/** A table of rank 32 over 48 features. */
function table(): Float32Array {
  const [left, right] = [new Float32Array(ROWS * 32), new Float32Array(32 * 48)];
  fillNormal(Key.of(1).fold("left"), left, 1);
  fillNormal(Key.of(1).fold("right"), right, 1 / Math.sqrt(32));
  return Float32Array.from({ length: ROWS * 48 }, (_, at) => {
    const [row, column] = [Math.floor(at / 48), at % 48];
    let sum = 0;
    for (let k = 0; k < 32; k++) sum += left[row * 32 + k] * right[k * 48 + column];
    return sum;
  });
}
const x = float32(table(), [ROWS, 48]);

const stage = {
  name: "tokenizer",
  loss: (tokenizer: AdditiveTokenizer, batch: { x: Parameters<AdditiveTokenizer["tokens"]>[0] }, key: TracedKey) => ({
    total: mse(tokenizer.reconstruct(tokenizer.tokens(batch.x, key)), batch.x),
  }),
} as unknown as Learned<AdditiveTokenizer>; // as: a step reads a stage's name and loss alone

test("trained, it rebuilds a table from noisy, masked tokens, and its tokens differ between items and ways", async () => {
  const weights = Weights.draw(Key.of(2));
  const tokenizer = new AdditiveTokenizer(weights, OPTIONS);
  await using step = new TrainingStep(stage, tokenizer, weights, adam({ rate: 3e-3 }), runtime);
  for (let at = 1; at <= 300; at++) await step.take({ x }, Key.of(3).fold(at), at);
  await using asked = compile(
    "asked",
    (inputs) => {
      const tokens = tokenizer.tokens(inputs.x);
      return { tokens, error: mse(tokenizer.reconstruct(tokens), inputs.x) };
    },
    { runtime, parameters: weights.arrays },
  );
  const { tokens, error } = await asked.run({ x });
  const variance = x.data.reduce((sum, value) => sum + value * value, 0) / x.data.length; // around the mean, 0
  expect(Number(error.data[0])).toBeLessThan(variance / 5);
  const { spread, likeness } = collapse(tokens.data as Float32Array);
  expect(spread).toBeGreaterThan(0.1);
  expect(likeness).toBeLessThan(0.95);
});

/** Deviation over items as a share of a token's length, and the mean cosine of an item's tokens. */
function collapse(tokens: Float32Array): { spread: number; likeness: number } {
  const { ways, width } = OPTIONS;
  const at = (row: number, way: number, k: number) => tokens[(row * ways + way) * width + k];
  let [squares, deviations, cosines] = [0, 0, 0];
  for (let way = 0; way < ways; way++) {
    for (let k = 0; k < width; k++) {
      let [sum, square] = [0, 0];
      for (let row = 0; row < ROWS; row++) {
        sum += at(row, way, k);
        square += at(row, way, k) ** 2;
      }
      squares += square / ROWS;
      deviations += square / ROWS - (sum / ROWS) ** 2;
    }
  }
  for (let row = 0; row < ROWS; row++) {
    for (const [a, b] of [
      [0, 1],
      [0, 2],
      [1, 2],
    ]) {
      let [inner, left, right] = [0, 0, 0];
      for (let k = 0; k < width; k++) {
        inner += at(row, a, k) * at(row, b, k);
        left += at(row, a, k) ** 2;
        right += at(row, b, k) ** 2;
      }
      cosines += inner / Math.sqrt(left * right) / (3 * ROWS);
    }
  }
  return { spread: Math.sqrt(deviations / squares), likeness: cosines };
}

test("training masks and adds noise afresh for every row and step; asked, it always says the same", async () => {
  const weights = Weights.draw(Key.of(4));
  const tokenizer = new AdditiveTokenizer(weights, OPTIONS);
  await using both = compile(
    "both",
    (inputs) => ({
      trained: tokenizer.tokens(inputs.x, TracedKey.root()),
      asked: tokenizer.tokens(inputs.x),
    }),
    { runtime, parameters: weights.arrays },
  );
  const before = x.data.slice();
  const same = float32(
    Float32Array.from({ length: ROWS * 48 }, (_, at) => before[at % 48]),
    [ROWS, 48],
  ); // equal rows
  const first = await both.run({ x: same }, Key.of(1));
  const second = await both.run({ x: same }, Key.of(2));
  expect(second.trained.data).not.toEqual(first.trained.data);
  expect(second.asked.data).toEqual(first.asked.data);
  const row = (data: unknown, at: number) => [...(data as Float32Array).subarray(at * 144, (at + 1) * 144)];
  expect(row(first.trained.data, 1)).not.toEqual(row(first.trained.data, 0)); // each row its own mask and noise
  row(first.asked.data, 0).forEach((value, at) => {
    expect(value).toBeCloseTo(row(first.asked.data, ROWS - 1)[at], 5); // row 0 is not special
  });
  expect(x.data).toEqual(before); // never in place
});

test("auxiliary losses are chosen by weight, of the means before noise; without any there is none", async () => {
  const weights = Weights.draw(Key.of(5));
  const chosen = { ...OPTIONS, mask: 0, noise: 5, beta: 0.1, barlow: 0.5, diversity: 2 };
  const plain = new AdditiveTokenizer(weights, { ...OPTIONS, mask: 0, noise: 5 });
  const tokenizer = new AdditiveTokenizer(weights, chosen);
  await using graph = compile(
    "auxiliary",
    (inputs) => {
      const means = tokenizer.tokens(inputs.x);
      const parts = meanSquare(means).mul(0.1).add(barlowTwins(means).mul(0.5)).add(diversity(means).mul(2));
      expect(plain.trained(inputs.x, TracedKey.root()).auxiliary).toBeUndefined();
      return { parts, found: tokenizer.trained(inputs.x, TracedKey.root()).auxiliary ?? means };
    },
    { runtime, parameters: weights.arrays },
  );
  const { parts, found } = await graph.run({ x }, Key.of(1));
  expect(found.shape).toEqual([]);
  expect(found.data[0]).toBeCloseTo(Number(parts.data[0]), 4);
});

test("the first token leads: it starts as the vector itself", async () => {
  const weights = Weights.draw(Key.of(6));
  const tokenizer = new AdditiveTokenizer(weights, OPTIONS);
  await using graph = compile(
    "lead",
    (inputs) => {
      const tokens = tokenizer.tokens(inputs.x);
      return { tokens, lead: tokenizer.lead(tokens) };
    },
    { runtime, parameters: weights.arrays },
  );
  const { tokens, lead } = await graph.run({ x });
  expect(lead.shape).toEqual([ROWS, 1, 48]);
  for (let row = 0; row < ROWS; row++) {
    const first = tokens.data.slice(row * 3 * 48, (row * 3 + 1) * 48);
    expect(lead.data.slice(row * 48, (row + 1) * 48)).toEqual(first);
  }
});
