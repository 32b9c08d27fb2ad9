/**
 * Gradients of every layer and loss, by everything that may learn, against central differences in float64. Each export of
 * the room has a case here or a reason why it has none: a newcomer without one fails.
 */
import { afterAll, expect, test } from "vitest";
import { fillNormal, Key, TracedKey } from "#random";
import { type Arrays, bool, float32, int32, type NdArray, type Tensor } from "#tensor";
import { checkGradients } from "../../test/suites/central-differences.ts";
import * as nn from "./index.ts";

type Traced = Readonly<Record<string, Tensor>>;

interface Case {
  /** Makes the layer, whose parameters are then differentiated; returns what it computes. */
  readonly build: (weights: nn.Weights) => (inputs: Traced) => Tensor;
  readonly inputs: Arrays;
  /** Float inputs that nothing is learned through. */
  readonly constants?: readonly string[];
}

const NOT_DIFFERENTIATED: Readonly<Record<string, string>> = {
  LOWEST: "a number",
  causalMask: "a constant; through Attention",
  causalMaskOf: "made of positions; through Attention",
  paddingMask: "made of flags; through Attention",
  Rotary: "made of positions; through Attention",
  filled: "fills arrays",
  normal: "fills arrays",
  uniform: "fills arrays",
  Weights: "holds parameters",
};

const PLACE = TracedKey.root().fold("gradients");
const [B, T, D] = [2, 3, 4];
const block = { heads: 2, hidden: 5, dropout: 0.25, activation: (x: Tensor) => x.gelu() };
const visible = bool([1, 1, 0, 1, 1, 1], [B, T]);
const kept = bool([1, 0, 1, 1], [2, 2]);
const masked = (x: Traced) => nn.causalMask(T).add(nn.paddingMask(x.visible));
const sampled = {
  positive: normals("positive", [2, 2]),
  negatives: normals("negatives", [2, 2, 3]),
  targets: int32([3, 1, 4, 1], [2, 2]),
  sampled: int32([1, 5, 3], [3]),
};

const CASES: Readonly<Record<string, Case | readonly Case[]>> = {
  Linear: simple((weights) => new nn.Linear(weights, D, 3), [2, D]),
  Gru: simple((weights) => new nn.Gru(weights, D, 3), [B, T, D]),
  RmsNorm: simple((weights) => new nn.RmsNorm(weights, D), [3, D]),
  LayerNorm: simple((weights) => new nn.LayerNorm(weights, D), [3, D]),
  Embedding: {
    build: (weights) => {
      const layer = new nn.Embedding(weights, 6, D);
      return (x) => layer.forward(x.indices).tanh();
    },
    inputs: { indices: int32([5, 0, 5, 2], [2, 2]) },
  },
  FeedForward: [
    simple((weights) => new nn.FeedForward(weights, D, block), [2, D]),
    simple((weights) => new nn.FeedForward(weights, D, { ...block, activation: (x) => x.relu() }), [2, D]),
  ],
  Attention: [
    attending((weights) => new nn.Attention(weights, D, { heads: 2, dropout: 0.25 }), masked),
    attending(
      (weights) => new nn.Attention(weights, D, { heads: 1, dropout: 0 }),
      (x) => nn.causalMaskOf(x.positions),
    ),
    turning((weights) => new nn.Attention(weights, D, { heads: 2, dropout: 0.25 })),
  ],
  TransformerBlock: [
    attending((weights) => new nn.TransformerBlock(weights, D, block), masked),
    turning((weights) => new nn.TransformerBlock(weights, D, block)),
  ],
  dropout: { build: () => (x) => nn.dropout(x.x, 0.5, PLACE), inputs: { x: normals("x", [4, 4]) } },
  maskedMean: [
    { build: () => (x) => nn.maskedMean(x.x, x.mask), inputs: { x: normals("x", [2, 2]), mask: kept } },
    {
      build: () => (x) => nn.maskedMean(x.x, x.mask),
      inputs: { x: normals("x", [3]), mask: float32([0, 2, 0.5], [3]) },
      constants: ["mask"],
    },
  ],
  bce: {
    build: () => (x) => nn.bce(x.p, x.n, x.mask),
    inputs: { p: normals("p", [2, 2]), n: normals("n", [2, 2]), mask: kept },
  },
  bpr: {
    build: () => (x) => nn.bpr(x.p, x.n, x.mask),
    inputs: { p: normals("p", [2, 2]), n: normals("n", [2, 2]), mask: kept },
  },
  infoNce: [
    {
      build: () => (x) => nn.infoNce(x.a, x.b, { temperature: 0.5 }),
      inputs: { a: normals("a", [3, 2]), b: normals("b", [3, 2]) },
    },
    {
      build: () => (x) => nn.infoNce(x.a, x.b, { temperature: x.logT.exp(), symmetric: true }),
      inputs: { a: normals("a", [3, 2]), b: normals("b", [3, 2]), logT: float32([-0.5], []) },
    },
  ],
  chunkedCrossEntropy: [2, 3, 100].map((chunk) => ({
    build: () => (x: Traced) => nn.chunkedCrossEntropy(x.states, x.table, x.targets, { mask: x.mask, chunk }),
    inputs: {
      states: normals("states", [2, 2, D]),
      table: normals("table", [5, D]),
      targets: int32([4, 0, 2, 2], [2, 2]),
      mask: kept,
    },
  })),
  top1: {
    // The traced inputs have the names that the loss asks for.
    build: () => (x) => nn.top1(x as unknown as nn.Ranked, x.mask),
    inputs: { ...sampled, mask: kept },
  },
  bprMax: { build: () => (x) => nn.bprMax(x as unknown as nn.Ranked, 0.3, x.mask), inputs: { ...sampled, mask: kept } },
  mse: {
    build: () => (x) => nn.mse(x.x, x.y, x.mask),
    inputs: { x: normals("x", [2, 2, 3]), y: normals("y", [2, 2, 3]), mask: kept },
  },
  crossEntropy: {
    build: () => (x) => nn.crossEntropy(x.logits, x.targets, x.mask),
    inputs: { logits: normals("logits", [2, 2, 5]), targets: int32([4, 0, 2, 2], [2, 2]), mask: kept },
  },
  sampledSoftmax: [
    {
      // The traced inputs have the names that the loss asks for.
      build: () => (x) => nn.sampledSoftmax(x as unknown as nn.Sampled, x.mask),
      inputs: { ...sampled, logQ: float32([-1, -2, -0.5], [3]), mask: kept },
      constants: ["logQ"],
    },
    { build: () => (x) => nn.sampledSoftmax({ ...(x as unknown as nn.Sampled), logQ: -2 }), inputs: sampled },
  ],
};

const worst = { error: 0, at: "", checked: 0 };

test("every export has a case or a reason", () => {
  const answered = [...Object.keys(CASES), ...Object.keys(NOT_DIFFERENTIATED)];
  expect(answered.sort()).toEqual(Object.keys(nn).sort());
});

for (const [name, cases] of Object.entries(CASES)) {
  [cases].flat().forEach((each, number) => {
    test.each([1, 2])(`${name}, case ${number}: gradients at %d threads`, async (threads) => {
      const weights = nn.Weights.draw(Key.of(1).fold(name).fold(number));
      const trace = each.build(weights);
      const report = await checkGradients({
        name: `${name} ${number}`,
        trace,
        inputs: each.inputs,
        constants: each.constants,
        parameters: weights.arrays,
        leaves: Object.values(weights.parameters),
        key: Key.of(2),
        runtime: { device: "cpu", threads },
      });
      expect(report.error, `gradient of ${name} for ${report.worstAt}`).toBeLessThan(1e-6);
      expect(report.error32, `float32 gradient of ${name}`).toBeLessThan(1e-5);
      worst.checked++;
      if (report.error > worst.error) [worst.error, worst.at] = [report.error, `${name} ${number}`];
    });
  });
}

afterAll(() => {
  process.stdout.write(
    `layers and losses: worst gradient of ${worst.checked} checks ${worst.error.toExponential(1)} (${worst.at})\n`,
  );
});

function simple(
  make: (weights: nn.Weights) => { forward(x: Tensor, key?: TracedKey): Tensor },
  shape: readonly number[],
): Case {
  return {
    build: (weights) => {
      const layer = make(weights);
      return (x) => layer.forward(x.x, PLACE);
    },
    inputs: { x: normals("x", shape) },
  };
}

function attending(
  make: (weights: nn.Weights) => { forward(x: Tensor, mask: Tensor, key?: TracedKey): Tensor },
  maskOf: (x: Traced) => Tensor,
): Case {
  return {
    build: (weights) => {
      const layer = make(weights);
      return (x) => layer.forward(x.x, maskOf(x), PLACE);
    },
    inputs: { x: normals("x", [B, T, D]), visible, positions: int32([0, 1, 2], [T]) },
  };
}

/** Attention whose queries and keys turn; the mask is causal. */
function turning(
  make: (weights: nn.Weights) => { forward(x: Tensor, mask: Tensor, key?: TracedKey, angles?: nn.Angles): Tensor },
): Case {
  return {
    build: (weights) => {
      const layer = make(weights);
      return (x) => layer.forward(x.x, nn.causalMask(T), PLACE, new nn.Rotary(2, 50).angles(x.positions));
    },
    inputs: { x: normals("x", [B, T, D]), positions: int32([0, 1, 2], [T]) },
  };
}

function normals(name: string, shape: readonly number[]): NdArray {
  const data = new Float32Array(shape.reduce((size, dim) => size * dim, 1));
  fillNormal(Key.of(3).fold(name), data);
  return float32(data, shape);
}
