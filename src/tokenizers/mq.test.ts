import { expect, test } from "vitest";
import { mse, Weights } from "#nn";
import { Key, TracedKey } from "#random";
import { compile, float32, gradients, type Tensor } from "#tensor";
import { MqTokenizer } from "./mq.ts";

const runtime = { device: "cpu", threads: 1 } as const;
const TINY = { dim: 3, width: 2, ways: 2, hidden: 4, mask: 0, codes: 4 };
const X = [
  [0.4, -1, 0.3],
  [-0.2, 0.5, 0.9],
  [1.1, 0.2, -0.7],
];
const x = float32(X.flat(), [3, 3]);

/** Values of traced tensors, by name. */
async function valuesOf(weights: Weights, trace: (x: Tensor) => Record<string, Tensor>, key = Key.of(9)) {
  await using graph = compile("values", (inputs) => trace(inputs.x), { runtime, parameters: weights.arrays });
  const found = await graph.run({ x }, key);
  return Object.fromEntries(Object.entries(found).map(([name, { data }]) => [name, [...data].map(Number)]));
}

test("tokens are the codes nearest to the latents, found by a loop, in training too", async () => {
  const weights = Weights.draw(Key.of(1));
  const tokenizer = new MqTokenizer(weights, TINY);
  const found = await valuesOf(weights, (at) => ({
    latents: tokenizer.latents(at),
    codes: tokenizer.codes(at),
    tokens: tokenizer.tokens(at),
    trained: tokenizer.trained(at, TracedKey.root()).tokens,
  }));
  for (let row = 0; row < 3; row++) {
    for (let way = 0; way < 2; way++) {
      const book = weights.arrays[`codebooks.${way}.weight`].data;
      const z = found.latents.slice((row * 2 + way) * 2, (row * 2 + way) * 2 + 2);
      const far = [0, 1, 2, 3].map(
        (code) => (z[0] - Number(book[code * 2])) ** 2 + (z[1] - Number(book[code * 2 + 1])) ** 2,
      );
      const nearest = far.indexOf(Math.min(...far));
      expect(found.codes[row * 2 + way]).toBe(nearest);
      for (let k = 0; k < 2; k++) {
        const at = (row * 2 + way) * 2 + k;
        expect(found.tokens[at]).toBeCloseTo(Math.SQRT2 * Number(book[nearest * 2 + k]), 5);
        expect(found.trained[at]).toBeCloseTo(found.tokens[at], 5);
      }
    }
  }
});

test("the gradient of a token goes straight through to its encoder: d/dA_k = Σ_b √W g_bk x_bᵀ, as if nothing had been rounded", async () => {
  const weights = Weights.draw(Key.of(2));
  const tokenizer = new MqTokenizer(weights, TINY);
  const g = Array.from({ length: 12 }, (_, at) => Math.sin(1 + at)); // [3, 2, 2]: an arbitrary gradient of the tokens
  const straight = [0, 1].map((way) => weights.parameters[`encoders.${way}.straight.weight`]);
  await using graph = compile(
    "straight",
    (inputs) => {
      const through = tokenizer.trained(inputs.x, TracedKey.root()).tokens.mul(inputs.g).sum();
      const [first, second] = gradients(through, straight);
      return { first, second };
    },
    { runtime, parameters: weights.arrays },
  );
  const { first, second } = await graph.run({ x, g: float32(g, [3, 2, 2]) }, Key.of(1));
  [first, second].forEach(({ data }, way) => {
    for (let k = 0; k < 2; k++) {
      for (let d = 0; d < 3; d++) {
        let expected = 0; // the offset p starts at 0, so that the encoder reads x itself
        for (let row = 0; row < 3; row++) expected += Math.SQRT2 * g[(row * 2 + way) * 2 + k] * X[row][d];
        expect(data[k * 3 + d]).toBeCloseTo(expected, 5);
      }
    }
  });
});

test("codebook and commitment: d/de_c = 2/(B W) Σ_{b at c} (e_c − z_b), and the loss is 1.25 times the squared distance", async () => {
  const weights = Weights.draw(Key.of(3));
  const tokenizer = new MqTokenizer(weights, TINY);
  const books = [0, 1].map((way) => weights.parameters[`codebooks.${way}.weight`]);
  const found = await valuesOf(weights, (at) => {
    const { auxiliary } = tokenizer.trained(at, TracedKey.root());
    if (auxiliary === undefined) throw new Error("no auxiliary loss");
    const [first, second] = gradients(auxiliary, books);
    return { latents: tokenizer.latents(at), codes: tokenizer.codes(at), auxiliary, first, second };
  });
  let squares = 0;
  [found.first, found.second].forEach((gradient, way) => {
    const book = weights.arrays[`codebooks.${way}.weight`].data;
    const expected = new Array<number>(8).fill(0);
    for (let row = 0; row < 3; row++) {
      const code = found.codes[row * 2 + way];
      for (let k = 0; k < 2; k++) {
        const less = Number(book[code * 2 + k]) - found.latents[(row * 2 + way) * 2 + k];
        expected[code * 2 + k] += (2 / 6) * less;
        squares += less ** 2 / 6;
      }
    }
    gradient.forEach((value, at) => {
      expect(value).toBeCloseTo(expected[at], 5);
    });
    expect(gradient.some((value) => value !== 0)).toBe(true); // codebooks move
  });
  expect(found.auxiliary[0]).toBeCloseTo(1.25 * squares, 5);
});

test("reconstruction reaches every parameter of the encoders, and leaves codebooks to their own loss", async () => {
  const weights = Weights.draw(Key.of(4));
  const tokenizer = new MqTokenizer(weights, TINY);
  const addresses = Object.keys(weights.parameters).filter((address) => /^(encoders|codebooks|offset)/.test(address));
  const found = await valuesOf(weights, (at) => {
    const loss = mse(tokenizer.reconstruct(tokenizer.trained(at, TracedKey.root()).tokens), at);
    const all = gradients(
      loss,
      addresses.map((address) => weights.parameters[address]),
    );
    return Object.fromEntries(addresses.map((address, place) => [address, all[place]]));
  });
  for (const address of addresses) {
    const reached = found[address].some((value) => value !== 0);
    expect([address, reached]).toEqual([address, !address.startsWith("codebooks")]);
  }
});

test("training masks, evaluation does not: asked twice it says the same, and x stays as it was", async () => {
  const weights = Weights.draw(Key.of(5));
  const tokenizer = new MqTokenizer(weights, { ...TINY, mask: 0.5 });
  const trace = (at: Tensor) => ({
    asked: tokenizer.tokens(at),
    through: tokenizer.trained(at, TracedKey.root()).tokens.sub(tokenizer.tokens(at, TracedKey.root())),
    masked: tokenizer.trained(at, TracedKey.root()).auxiliary ?? at,
  });
  const first = await valuesOf(weights, trace, Key.of(1));
  const second = await valuesOf(weights, trace, Key.of(2));
  expect(second.asked).toEqual(first.asked);
  expect(second.masked).not.toEqual(first.masked);
  expect(first.through.every((value) => Math.abs(value) < 1e-6)).toBe(true); // one key, one mask
  expect([...x.data]).toEqual([...Float32Array.from(X.flat())]);
});
