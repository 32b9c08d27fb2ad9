import { beforeAll, expect, test } from "vitest";
import { kMeans } from "#encoders";
import { mse, Weights } from "#nn";
import { adam } from "#optim";
import { fillNormal, Key, TracedKey } from "#random";
import type { Learned } from "#recommender";
import { compile, float32, gradients, type NdArray, type Tensor } from "#tensor";
import { TrainingStep } from "../../test/suites/training-step.ts";
import { codeUsage } from "./code-usage.ts";
import { RqVaeTokenizer } from "./rq-vae.ts";

const runtime = { device: "cpu", threads: 1 } as const;
const OPTIONS = { dim: 16, width: 16, ways: 3, hidden: 32, mask: 0, codes: 16 };
const ROWS = 256;
const x = table();

/** Sixteen clusters of items, each item somewhere in its own. */
function table(): NdArray<Float32Array> {
  const [centres, own] = [new Float32Array(16 * 16), new Float32Array(ROWS * 16)];
  fillNormal(Key.of(1).fold("centres"), centres, 1);
  fillNormal(Key.of(1).fold("own"), own, 0.4);
  return float32(
    own.map((value, at) => value + centres[(Math.floor(at / 16) % 16) * 16 + (at % 16)]),
    [ROWS, 16],
  );
}

const stage = {
  name: "tokenizer",
  loss: (tokenizer: RqVaeTokenizer, batch: { x: Tensor }, key: TracedKey) => {
    const { tokens, auxiliary } = tokenizer.trained(batch.x, key);
    const error = mse(tokenizer.reconstruct(tokens), batch.x);
    return { total: auxiliary === undefined ? error : error.add(auxiliary) };
  },
} as unknown as Learned<RqVaeTokenizer>; // as: a step reads a stage's name and loss alone

let weights: Weights;
let tokenizer: RqVaeTokenizer;

/** What a trained tokenizer says of the table. */
async function asked() {
  await using graph = compile(
    "asked",
    (inputs) => {
      const tokens = tokenizer.tokens(inputs.x);
      return {
        tokens,
        lead: tokenizer.lead(tokens),
        codes: tokenizer.codes(inputs.x),
        latents: tokenizer.latents(inputs.x),
        residuals: tokenizer.residuals(inputs.x),
        error: mse(tokenizer.reconstruct(tokens), inputs.x),
      };
    },
    { runtime, parameters: weights.arrays },
  );
  return await graph.run({ x });
}

/** Codebooks started from the latents of drawn encoders, then 200 steps. */
beforeAll(async () => {
  weights = Weights.draw(Key.of(2));
  tokenizer = new RqVaeTokenizer(weights, OPTIONS);
  const { latents } = await asked();
  const start = tokenizer.codebooks(latents.data as Float32Array, kMeans, Key.of(3));
  weights = Weights.draw(Key.of(2)).starting(start);
  tokenizer = new RqVaeTokenizer(weights, OPTIONS);
  await using step = new TrainingStep(stage, tokenizer, weights, adam({ rate: 3e-3 }), runtime);
  for (let at = 1; at <= 200; at++) await step.take({ x }, Key.of(4).fold(at), at);
});

test("trained, each level leaves less than it was given, and the table is rebuilt", async () => {
  const { residuals, error } = await asked();
  const left = [...residuals.data].map(Number);
  expect(left).toHaveLength(4);
  for (let level = 0; level < 3; level++) expect(left[level + 1]).toBeLessThan(0.8 * left[level]);
  const variance = x.data.reduce((sum, value) => sum + Number(value) ** 2, 0) / x.data.length;
  expect(Number(error.data[0])).toBeLessThan(variance / 5);
});

test("most codes of every book are used, and few items collide", async () => {
  const { codes } = await asked();
  const { used, perplexity, collisions } = codeUsage(codes.data as Int32Array, 3, 16);
  for (const share of used) expect(share).toBeGreaterThan(0.7);
  for (const alike of perplexity) expect(alike).toBeGreaterThan(6);
  expect(collisions).toBeLessThan(0.2);
});

test("codes are what a loop over levels finds, tokens are their rows, and asked twice it says the same", async () => {
  const first = await asked();
  expect((await asked()).tokens.data).toEqual(first.tokens.data);
  const books = [0, 1, 2].map((level) => [...weights.arrays[`codebooks.${level}.weight`].data].map(Number));
  expect(first.lead.shape).toEqual([ROWS, 1, 16]);
  for (let row = 0; row < ROWS; row += 16) {
    const sum = Array.from({ length: 16 }, (_, k) =>
      [0, 1, 2].reduce((all, level) => all + Number(first.tokens.data[(row * 3 + level) * 16 + k]), 0),
    );
    for (let k = 0; k < 16; k++) expect(first.lead.data[row * 16 + k]).toBeCloseTo(sum[k], 4); // all that was found leads
    const residual = [...first.latents.data.slice(row * 16, (row + 1) * 16)].map(Number);
    books.forEach((book, level) => {
      const far = Array.from({ length: 16 }, (_, code) =>
        residual.reduce((sum, value, k) => sum + (value - book[code * 16 + k]) ** 2, 0),
      );
      const nearest = far.indexOf(Math.min(...far));
      expect(first.codes.data[row * 3 + level]).toBe(nearest);
      for (let k = 0; k < 16; k++) {
        residual[k] -= book[nearest * 16 + k];
        expect(first.tokens.data[(row * 3 + level) * 16 + k]).toBeCloseTo(4 * book[nearest * 16 + k], 4);
      }
    });
  }
});

test("the gradient of the sum goes straight through to the encoder, each token bearing a share of it", async () => {
  await using graph = compile(
    "straight",
    (inputs) => {
      const { tokens } = tokenizer.trained(inputs.x, TracedKey.root());
      const straight = [weights.parameters["encoder.straight.weight"]];
      const [ofSum] = gradients(tokens.sum(), straight);
      const [ofOne] = gradients(tokens.at(1, 1).sum(), straight);
      const [ofLatent] = gradients(tokenizer.latents(inputs.x).mul(4).sum(), straight); // √W = 4
      return { ofSum, ofOne, ofLatent };
    },
    { runtime, parameters: weights.arrays },
  );
  const { ofSum, ofOne, ofLatent } = await graph.run({ x }, Key.of(1));
  ofLatent.data.forEach((value, at) => {
    expect(ofSum.data[at]).toBeCloseTo(Number(value), 2);
    expect(ofOne.data[at]).toBeCloseTo(Number(value) / 3, 2);
  });
  expect(ofLatent.data.some((value) => Math.abs(Number(value)) > 1)).toBe(true);
});

test("codebooks start as centres of what the levels before left; books longer than there are centres are filled up", () => {
  const latents = Float32Array.from([10, 0, 10.5, 0, -10, 0, -10.5, 0]);
  const small = new RqVaeTokenizer(Weights.draw(Key.of(1)), { ...OPTIONS, dim: 2, width: 2, ways: 2, codes: 2 });
  const start = small.codebooks(latents, kMeans, Key.of(1));
  expect([...start["codebooks.0.weight"].data].sort()).toEqual([-10.25, 0, 0, 10.25]);
  expect([...start["codebooks.1.weight"].data].map((value) => Math.abs(Number(value))).sort()).toEqual([
    0, 0, 0.25, 0.25,
  ]);
  const wide = new RqVaeTokenizer(Weights.draw(Key.of(1)), { ...OPTIONS, dim: 2, width: 2, ways: 1, codes: 6 });
  const filled = [...wide.codebooks(latents, kMeans, Key.of(1))["codebooks.0.weight"].data].map(Number);
  expect(filled).toHaveLength(12);
  expect(filled.slice(8).every((value) => value !== 0)).toBe(true);
});
