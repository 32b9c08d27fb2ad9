import { expect, test } from "vitest";
import { paddingMask, Weights } from "#nn";
import { bool, compile, float32, gradients, type NdArray, sizeOf, type Tensor } from "#tensor";
import { checkGradients } from "../../test/suites/central-differences.ts";
import { normals } from "../../test/suites/examples.ts";
import { goldenOf, missingModel, modelPath } from "../../test/suites/shared-models.ts";
import { drawnWeights, SMALL_DECODER } from "../../test/suites/small-decoder.ts";
import { loadWeights } from "./checkpoint/load.ts";
import { openCheckpoint } from "./checkpoint/open.ts";
import { Decoder, plannedParameters } from "./decoder.ts";
import { labelledRows, languageLoss } from "./language-loss.ts";

const runtime = { device: "cpu", threads: 1 } as const;

/** What tiny models' answer keys hold. */
interface Golden {
  readonly ids: readonly number[][];
  readonly mask: readonly number[][];
  readonly labels: readonly number[][];
  readonly logits_row0_last: readonly number[];
  readonly logits_row0_pos3: readonly number[];
  readonly padded_logits_row1_last: readonly number[];
  readonly loss: number;
  readonly grad_inputs_embeds_row0_pos40: readonly number[];
  readonly grad_norm_inputs_embeds: number;
  readonly last_hidden_mean_row0: readonly number[];
}

/** The largest |a - b|; infinite where the lengths differ. */
function apart(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) return Number.POSITIVE_INFINITY;
  return Array.from(a).reduce((worst, value, at) => Math.max(worst, Math.abs(value - b[at])), 0);
}

async function decoderOf(path: string) {
  await using checkpoint = await openCheckpoint(path);
  const arrays = await loadWeights(checkpoint, "float32");
  const all = { ...arrays, "embedding.weight": await checkpoint.read("embedding.weight") };
  const weights = Weights.read(all);
  return { decoder: new Decoder(weights, checkpoint.config), weights, arrays: all, config: checkpoint.config };
}

/** Rows of a dense table. */
function looked(table: NdArray, ids: readonly number[]): Float32Array {
  const width = table.shape[1];
  const rows = new Float32Array(ids.length * width);
  ids.forEach((id, at) => {
    rows.set((table.data as Float32Array).subarray(id * width, (id + 1) * width), at * width);
  });
  return rows;
}

const TINY = ["llama", "llama3-rope", "qwen2", "qwen3"].map((name) => `tiny/${name}`);

test.skipIf(missingModel("tiny") !== undefined).each(TINY)(
  "%s computes what its answer key says, gradients too",
  async (name) => {
    const golden = await goldenOf<Golden>(name);
    const { decoder, weights, arrays, config } = await decoderOf(modelPath(name));
    const table = weights.parameters[config.tied ? "embedding.weight" : "head.weight"];
    const [length, { dim, vocabulary }] = [golden.ids[0].length, config];
    const trace = ({ x, visible, rows, targets, weights }: Readonly<Record<string, Tensor>>) => {
      const hidden = decoder.hidden(x);
      const loss = languageLoss(hidden, table, { rows, targets, weights }, { chunk: 32 });
      const [gradient] = gradients(loss, [x]);
      return {
        hidden,
        logits: decoder.logits(hidden),
        padded: decoder.logits(decoder.hidden(x, paddingMask(visible))),
        loss,
        gradient,
      };
    };
    await using compiled = compile(name, trace, { runtime, parameters: arrays });
    const x = float32(looked(arrays["embedding.weight"], golden.ids.flat()), [2, length, dim]);
    const visible = bool(golden.mask.flat(), [2, length]);
    const found = await compiled.run({ x, visible, ...labelledRows(golden.labels) });
    const data = (array: NdArray) => array.data as Float32Array;
    const row = (array: NdArray, at: number) => data(array).subarray(at * vocabulary, (at + 1) * vocabulary);
    expect(apart(row(found.logits, length - 1), golden.logits_row0_last)).toBeLessThan(1e-4);
    expect(apart(row(found.logits, 3), golden.logits_row0_pos3)).toBeLessThan(1e-4);
    expect(apart(row(found.padded, 2 * length - 1), golden.padded_logits_row1_last)).toBeLessThan(1e-4);
    expect(Math.abs(Number(found.loss.data[0]) - golden.loss)).toBeLessThan(1e-4);
    const slope = data(found.gradient).subarray(40 * dim, 41 * dim);
    expect(apart(slope, golden.grad_inputs_embeds_row0_pos40)).toBeLessThan(1e-4);
    expect(Math.abs(Math.hypot(...data(found.gradient)) - golden.grad_norm_inputs_embeds)).toBeLessThan(1e-4);
    const mean = Array.from({ length: dim }, (_, d) => {
      let sum = 0;
      for (let t = 0; t < length; t++) sum += data(found.hidden)[t * dim + d];
      return sum / length;
    });
    expect(apart(mean, golden.last_hidden_mean_row0)).toBeLessThan(1e-4);
  },
);

const SMALL = SMALL_DECODER;

test("with every part a family may use, gradients of inputs and weights are those of differences in float64", async () => {
  const arrays = drawnWeights(SMALL);
  const weights = Weights.read(arrays);
  const decoder = new Decoder(weights, SMALL);
  const watched = [
    "layers.0.attention.key.weight",
    "layers.1.feedForward.gate.weight",
    "layers.0.attention.queryNorm.scale",
  ];
  const report = await checkGradients({
    name: "decoder",
    trace: ({ x, visible }) => decoder.logits(decoder.hidden(x, paddingMask(visible))),
    inputs: { x: normals([2, 3, SMALL.dim], "x"), visible: bool([1, 1, 0, 1, 1, 1], [2, 3]) },
    parameters: arrays,
    leaves: watched.map((address) => weights.parameters[address]),
  });
  expect(report.error).toBeLessThan(1e-6);
  expect(report.error32).toBeLessThan(1e-4);
});

test("later tokens do not change earlier states, and ids are looked up as the host looks them up", async () => {
  const arrays = drawnWeights(SMALL);
  const decoder = new Decoder(Weights.read(arrays), SMALL);
  const trace = ({ x, ids }: Readonly<Record<string, Tensor>>) => ({
    of: decoder.hidden(x),
    by: decoder.hidden(decoder.embed(ids)),
  });
  await using compiled = compile("causal", trace, { runtime, parameters: arrays });
  const states = async (ids: readonly number[]) => {
    const x = float32(looked(arrays["embedding.weight"], ids), [1, ids.length, SMALL.dim]);
    const found = await compiled.run({
      x,
      ids: { dtype: "int32", shape: [1, ids.length], data: Int32Array.from(ids) },
    });
    expect(apart(found.of.data as Float32Array, found.by.data as Float32Array)).toBe(0);
    return found.of.data as Float32Array;
  };
  const [first, second] = [await states([1, 4, 2, 6]), await states([1, 4, 2, 0])];
  expect(apart(first.subarray(0, 3 * SMALL.dim), second.subarray(0, 3 * SMALL.dim))).toBe(0);
  expect(apart(first.subarray(3 * SMALL.dim), second.subarray(3 * SMALL.dim))).toBeGreaterThan(0.01);
});

test("with a mask and positions of one's own, a text in pieces is the text: shuffled places, other rows' places unseen", async () => {
  const arrays = drawnWeights(SMALL_DECODER);
  const decoder = new Decoder(Weights.read(arrays), SMALL_DECODER);
  const ids = [1, 4, 2, 6];
  const places = [2, 0, 3, 1]; // token k stands at places[k]
  const x = looked(arrays["embedding.weight"], ids);
  const { dim } = SMALL_DECODER;
  const moved = new Float32Array(2 * x.length);
  const mask = new Float32Array(2 * 16).fill(-1e9);
  const positions = new Int32Array(2 * 4);
  places.forEach((to, from) => {
    for (const row of [0, 1]) {
      moved.set(x.subarray(from * dim, (from + 1) * dim), (row * 4 + to) * dim);
      positions[row * 4 + to] = from + 5 * row; // distances alone count
      for (let before = 0; before <= from; before++) mask[row * 16 + to * 4 + places[before]] = 0;
    }
  });
  const trace = (inputs: Readonly<Record<string, Tensor>>) => ({
    plain: decoder.hidden(inputs.x),
    moved: decoder.masked(inputs.moved, inputs.mask, inputs.positions),
  });
  await using compiled = compile("masked", trace, { runtime, parameters: arrays });
  const found = await compiled.run({
    x: float32(x, [1, 4, dim]),
    moved: float32(moved, [2, 4, dim]),
    mask: float32(mask, [2, 1, 4, 4]),
    positions: { dtype: "int32", shape: [2, 4], data: positions },
  });
  const [whole, pieces] = [found.plain.data as Float32Array, found.moved.data as Float32Array];
  places.forEach((to, from) => {
    for (const row of [0, 1]) {
      const piece = pieces.subarray((row * 4 + to) * dim, (row * 4 + to + 1) * dim);
      expect(apart(piece, whole.subarray(from * dim, (from + 1) * dim))).toBeLessThan(1e-5);
    }
  });
});

test("one key-value head, heads wider than their share of the width, a table that is the head too", () => {
  const parameters = plannedParameters({ ...SMALL, keyValueHeads: 1, tied: true });
  expect(parameters["layers.0.attention.key.weight"].shape).toEqual([4, 6]);
  expect(parameters["layers.0.attention.query.weight"].shape).toEqual([16, 6]);
  expect(parameters["head.weight"]).toBeUndefined();
  expect(sizeOf(parameters["embedding.weight"].shape)).toBe(42);
});
