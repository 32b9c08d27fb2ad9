import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Linear, Weights } from "#nn";
import { adam } from "#optim";
import { Key, TracedKey } from "#random";
import { type Arrays, compile, float32, gradients, int32, type NdArray, type Tensor } from "#tensor";
import { checkGradients, worstDifference } from "../../test/suites/central-differences.ts";
import { SMALL_MODEL, writeModel } from "../../test/suites/checkpoint-writer.ts";
import { normals } from "../../test/suites/examples.ts";
import type { Precision } from "./checkpoint/load.ts";
import { FrozenModel, type TracedModel } from "./frozen-model.ts";
import { labelledRows, languageLoss } from "./language-loss.ts";
import { type LoraOptions, onProjections } from "./lora/lora.ts";
import { PROJECTIONS, type ProjectionName } from "./names.ts";

const runtime = { device: "cpu", threads: 1 } as const;
const ALL = Object.keys(PROJECTIONS) as ProjectionName[]; // as: keys of that object
const OPTIONS: LoraOptions = { rank: 2, alpha: 4, dropout: 0, on: onProjections(ALL) };
const DIM = SMALL_MODEL.dim;

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "deftrec-frozen-"));
  await writeModel(join(folder, "small"), { ...SMALL_MODEL, layers: 1 });
});
afterAll(() => rm(folder, { recursive: true }));

const load = (precision: Precision) => FrozenModel.load(join(folder, "small"), { precision });

/** Adapters whose B is not zero, so that gradients reach A and pass on. */
function movedAdapters(): Weights {
  const adapters = Weights.draw(Key.of(1));
  return adapters.starting(
    Object.fromEntries(
      ALL.map((name) => `layers.0.${PROJECTIONS[name]}.b`).map((address) => {
        const outDim = /gate|up/.test(address) ? SMALL_MODEL.hidden : /key|value/.test(address) ? 16 : DIM;
        const { data } = normals([outDim, 2], address);
        return [
          address,
          float32(
            data.map((value) => 0.1 * value),
            [outDim, 2],
          ),
        ];
      }),
    ),
  );
}

/** The same weights written out: scale (code - 128) of each packed matrix. */
function unpacked(arrays: Arrays): Arrays {
  return Object.fromEntries(
    Object.entries(arrays).flatMap(([name, array]): [string, NdArray][] => {
      if (name.endsWith(".scales")) return [];
      if (!name.endsWith(".codes")) return [[name, array]];
      const scales = arrays[name.replace(/codes$/, "scales")];
      const [outDim, blocks, block] = array.shape;
      const dense = Float32Array.from(array.data as Uint8Array, (code, at) => {
        return Number(scales.data[Math.floor(at / block)]) * (code - 128);
      });
      return [[name.replace(/codes$/, "weight"), float32(dense, [outDim, blocks * block])]];
    }),
  );
}

const IDS = [
  [3, 9, 4, 12, 7],
  [5, 5, 1, 30, 2],
];
const LABELLED = labelledRows(IDS.map((row) => row.map((id, at) => (at < 2 ? -100 : id))));

/** Loss of the labels and its gradients: of adapters, and of the vectors that are read. */
async function learned({ decoder, head }: TracedModel, adapters: Weights, arrays: Arrays, x: NdArray) {
  const addresses = Object.keys(adapters.parameters);
  const trace = (inputs: Readonly<Record<string, Tensor>>) => {
    const { rows, targets, weights } = inputs;
    const loss = languageLoss(
      decoder.hidden(inputs.x, undefined, TracedKey.root()),
      head,
      { rows, targets, weights },
      { frozen: true },
    );
    const found = gradients(loss, [inputs.x, ...addresses.map((address) => adapters.parameters[address])]);
    return { loss, ...Object.fromEntries(found.map((gradient, at) => [["x", ...addresses][at], gradient])) };
  };
  await using step = compile("learned", trace, {
    runtime,
    parameters: { ...arrays, ...adapters.arrays },
    training: true,
  });
  const found: Arrays = await step.run({ x, ...LABELLED });
  return found;
}

test("through packed weights, losses and gradients are those of the same weights written out", async () => {
  const packed = await load("packed");
  expect(Object.keys(packed.arrays).filter((name) => name.endsWith(".codes"))).toHaveLength(ALL.length);
  const dense = await load("float32");
  const [first, second] = [movedAdapters(), movedAdapters()];
  const x = float32(packed.embed(IDS.flat()), [2, 5, DIM]);
  const found = await learned(packed.traced(first, OPTIONS), first, packed.arrays, x);
  const expected = await learned(dense.traced(second, OPTIONS), second, unpacked(packed.arrays), x);
  expect(Object.keys(found)).toHaveLength(2 + 2 * ALL.length);
  for (const [name, { data }] of Object.entries(expected)) {
    expect(worstDifference(found[name].data, data), name).toBeLessThan(1e-5);
    expect(Math.hypot(...(data as Float32Array)), name).toBeGreaterThan(1e-3);
  }
});

test("in whole numbers, losses and gradients are near those of the weights as they are", async () => {
  const [rounded, dense] = [await load("int8"), await load("float32")];
  const codes = Object.entries(rounded.arrays).filter(([name]) => name.endsWith(".codes"));
  expect(codes.map(([, { dtype }]) => dtype)).toEqual(ALL.map(() => "int8"));
  const [first, second] = [movedAdapters(), movedAdapters()];
  const x = float32(dense.embed(IDS.flat()), [2, 5, DIM]);
  const found = await learned(rounded.traced(first, OPTIONS), first, rounded.arrays, x);
  const expected = await learned(dense.traced(second, OPTIONS), second, dense.arrays, x);
  for (const [name, { data }] of Object.entries(expected)) {
    const exact = data as Float32Array; // as: a float32 graph
    const off = Math.hypot(...exact.map((value, at) => value - Number(found[name].data[at]))) / Math.hypot(...exact);
    expect(off, name).toBeLessThan(0.05);
    if (name !== "loss") expect(off, name).toBeGreaterThan(1e-4); // it does round: the speed is real
  }
});

test("gradients through packed weights are those of differences in float64", async () => {
  const packed = await load("packed");
  const adapters = movedAdapters();
  const { decoder } = packed.traced(adapters, { ...OPTIONS, on: onProjections(["v_proj", "down_proj"]) });
  const report = await checkGradients({
    name: "through packed weights",
    trace: ({ x }) => decoder.hidden(x),
    inputs: { x: float32(packed.embed([3, 9]), [1, 2, DIM]) },
    parameters: { ...packed.arrays, ...adapters.arrays },
    leaves: [adapters.parameters["layers.0.attention.value.a"]],
  });
  expect(report.error, report.worstAt).toBeLessThan(1e-6);
  expect(report.error32).toBeLessThan(1e-4);
});

test("a model without adapters is traced without them", async () => {
  const model = await load("float32");
  const { decoder } = model.traced();
  await using reader = compile("plain", ({ x }: Readonly<Record<string, Tensor>>) => ({ y: decoder.hidden(x) }), {
    runtime,
    parameters: model.arrays,
  });
  const { y } = await reader.run({ x: float32(model.embed([3, 9, 4]), [1, 3, DIM]) });
  expect(y.shape).toEqual([1, 3, DIM]);
});

/**
 * What a recommender does with it: vectors of its own stand in a prompt (x = words + G tokens), a network of its own reads the
 * states at some places, and one loss, mean (M h - target)², trains the tokens, the adapters and M in one compiled step.
 */
test("inside a larger network, a loss on states at some places trains adapters, vectors in the prompt and what reads the states", async () => {
  const model = await load("packed");
  const before = Object.fromEntries(Object.entries(model.arrays).map(([name, { data }]) => [name, data.slice()]));
  const weights = Weights.draw(Key.of(4));
  const { decoder } = model.traced(weights.at("adapter"), OPTIONS);
  const tokens = weights.tensor("tokens", [4, DIM], (_, data) => data.fill(0.1));
  const reading = new Linear(weights.at("reading"), DIM, 3);
  const addresses = Object.keys(weights.parameters);
  const [rows, length] = [2, 6];
  const trace = (batch: Readonly<Record<string, Tensor>>) => {
    const prompt = batch.words.add(tokens.gather(batch.places)); // [B, L, D]
    const hidden = decoder.masked(prompt, batch.sees, batch.positions);
    const asked = hidden.reshape([rows * length, DIM]).gather(batch.asked); // [P, D]
    const error = reading.forward(asked).sub(batch.target);
    const loss = error.mul(error).mean();
    const found = gradients(
      loss,
      addresses.map((address) => weights.parameters[address]),
    );
    return { loss, ...Object.fromEntries(addresses.map((address, at) => [address, found[at]])) };
  };
  await using step = compile("larger", trace, {
    runtime,
    parameters: { ...model.arrays, ...weights.arrays },
    training: true,
  });
  const causal = Float32Array.from({ length: rows * length * length }, (_, at) => {
    const [row, column] = [Math.floor(at / length) % length, at % length];
    return column <= row ? 0 : -1e9;
  });
  const positions = Int32Array.from({ length: rows * length }, (_, at) => at % length);
  const batch = {
    words: float32(model.embed([3, 9, 4, 12, 7, 8, 5, 5, 1, 30, 2, 6]), [rows, length, DIM]),
    places: int32([0, 1, 2, 0, 3, 0, 3, 0, 0, 1, 1, 2], [rows, length]),
    sees: float32(causal, [rows, 1, length, length]),
    positions: int32(positions, [rows, length]),
    asked: int32([4, 5, 9, 11], [4]),
    target: normals([4, 3], "target"),
  };
  const optimizer = adam({ rate: 0.01 });
  const state = optimizer.init(weights.arrays);
  const losses: number[] = [];
  for (let at = 1; at <= 60; at++) {
    const found: Arrays = await step.run(batch);
    losses.push(Number(found.loss.data[0]));
    const given = addresses.map((address) => [address, { dense: found[address].data as Float32Array, rows: [] }]);
    if (at === 2) {
      // At the first step all B are 0, and so are gradients of A.
      for (const address of addresses) {
        expect(Math.hypot(...(found[address].data as Float32Array)), address).toBeGreaterThan(1e-6);
      }
    }
    optimizer.update(weights.arrays, Object.fromEntries(given), state, at);
  }
  expect(losses[59]).toBeLessThan(0.05 * losses[0]);
  expect(step.compilations).toBe(1);
  for (const [name, data] of Object.entries(before)) expect(model.arrays[name].data).toEqual(data);
});
