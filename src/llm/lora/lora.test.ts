import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Weights } from "#nn";
import { adam, chain, type Gradients, type Optimizer, sgd } from "#optim";
import { Key, TracedKey } from "#random";
import { type Arrays, compile, float32, gradients, type NdArray, type Tensor } from "#tensor";
import { checkGradients } from "../../../test/suites/central-differences.ts";
import { SMALL_MODEL, smallWeights, writeModel } from "../../../test/suites/checkpoint-writer.ts";
import { normals } from "../../../test/suites/examples.ts";
import { goldenOf, missingModel, modelPath } from "../../../test/suites/shared-models.ts";
import { drawnWeights, SMALL_DECODER } from "../../../test/suites/small-decoder.ts";
import { loadWeights } from "../checkpoint/load.ts";
import { openCheckpoint } from "../checkpoint/open.ts";
import type { DecoderConfig } from "../config.ts";
import { Decoder } from "../decoder.ts";
import { labelledRows, languageLoss, UNLABELLED } from "../language-loss.ts";
import { LanguageModel } from "../language-model.ts";
import { PROJECTIONS, type ProjectionName } from "../names.ts";
import { dense } from "../projection.ts";
import { merged, readAdapter, writeAdapter } from "./adapter.ts";
import { type LoraOptions, lora, onProjections } from "./lora.ts";

const runtime = { device: "cpu", threads: 1 } as const;
const ALL = Object.keys(PROJECTIONS) as ProjectionName[]; // as: keys of that object
const OPTIONS: LoraOptions = { rank: 4, alpha: 8, dropout: 0, on: onProjections(ALL) };

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "deftrec-lora-"));
});
afterAll(() => rm(folder, { recursive: true }));

interface Trained {
  readonly config: DecoderConfig;
  readonly base: Arrays;
  readonly decoder: Decoder;
  readonly adapters: Weights;
}

async function adapted(path: string, adapters: Weights, options = OPTIONS): Promise<Trained> {
  await using checkpoint = await openCheckpoint(path);
  const { config } = checkpoint;
  const base = {
    ...(await loadWeights(checkpoint, "float32")),
    "embedding.weight": await checkpoint.read("embedding.weight"),
  };
  return {
    config,
    base,
    decoder: new Decoder(Weights.planned(), config, { project: lora(dense, adapters, options) }),
    adapters,
  };
}

function embedded({ base, config }: Trained, ids: readonly (readonly number[])[]): NdArray<Float32Array> {
  const { dim } = config;
  const table = base["embedding.weight"].data as Float32Array;
  const rows = new Float32Array(ids.flat().length * dim);
  ids.flat().forEach((id, at) => {
    rows.set(table.subarray(id * dim, (id + 1) * dim), at * dim);
  });
  return float32(rows, [ids.length, ids[0].length, dim]);
}

/** The step that trains adapters alone: losses and gradients of the labels' loss, the head frozen. */
function stepOf({ decoder, base, adapters, config }: Trained) {
  const addresses = Object.keys(adapters.parameters);
  const table = config.tied ? "embedding.weight" : "head.weight";
  const head = Weights.read(base).tensor(table, base[table].shape, () => {});
  const trace = ({ x, rows, targets, weights }: Readonly<Record<string, Tensor>>) => {
    const loss = languageLoss(
      decoder.hidden(x, undefined, TracedKey.root()),
      head,
      { rows, targets, weights },
      { frozen: true },
    );
    const found = gradients(
      loss,
      addresses.map((address) => adapters.parameters[address]),
    );
    return { loss, ...Object.fromEntries(addresses.map((address, at) => [address, found[at]])) };
  };
  return compile("lora", trace, { runtime, parameters: { ...base, ...adapters.arrays }, training: true });
}

function descend(optimizer: Optimizer, adapters: Weights, state: Record<string, NdArray>, found: Arrays, step: number) {
  const given: Gradients = Object.fromEntries(
    Object.keys(adapters.arrays).map((address) => [address, { dense: (found[address].data as Float32Array).slice() }]),
  );
  optimizer.update(adapters.arrays, given, state, step);
}

interface Golden {
  readonly ids: readonly number[][];
  readonly labels: readonly number[][];
  readonly logits_row0_last: readonly number[];
  readonly loss: number;
  readonly greedy: readonly number[];
  readonly "losses_sgd_lr_0.05": readonly number[];
  readonly gradient_norms_at_before: Readonly<Record<string, number>>;
}

const missing = missingModel("tiny/llama-lora");
describe.skipIf(missing !== undefined)(missing ?? "PEFT's answer key", () => {
  test("an adapter of PEFT's gives its logits, merged and kept apart, and its greedy words", async () => {
    const golden = await goldenOf<Golden>("tiny/llama-lora");
    const adapter = modelPath("tiny/llama-lora/adapter");
    await using model = await LanguageModel.open(modelPath("tiny/llama"), { runtime, adapter });
    const [first] = golden.ids;
    const { logits } = await model.score(first);
    golden.logits_row0_last.forEach((value, at) => {
      expect(Math.abs(logits[at] - value)).toBeLessThan(1e-4);
    });
    const read = await readAdapter(adapter);
    const apart = await adapted(modelPath("tiny/llama"), Weights.read(read.arrays), read.options);
    await using reader = compile(
      "apart",
      ({ x }: Readonly<Record<string, Tensor>>) => ({ logits: apart.decoder.logits(apart.decoder.hidden(x)) }),
      {
        runtime,
        parameters: { ...apart.base, ...read.arrays },
      },
    );
    const { logits: all } = await reader.run({ x: embedded(apart, [first]) });
    const last = (all.data as Float32Array).subarray(-logits.length);
    last.forEach((value, at) => {
      expect(Math.abs(logits[at] - value)).toBeLessThan(1e-5); // merged and separate
    });
    const written: number[] = [];
    const options = { maxTokens: golden.greedy.length - 8, stop: [] };
    for await (const { tokens } of model.generate([golden.greedy.slice(0, 8)], options)) written.push(tokens[0] ?? -1);
    expect(written).toEqual(golden.greedy.slice(8));
  });

  test("steps of SGD lose what PyTorch's lose, with its gradients, and one step leads to its weights", async () => {
    const golden = await goldenOf<Golden>("tiny/llama-lora");
    const before = await readAdapter(modelPath("tiny/llama-lora/before"));
    const after = await readAdapter(modelPath("tiny/llama-lora/after-one-step"));
    const adapters = Weights.read(before.arrays);
    const trained = await adapted(modelPath("tiny/llama"), adapters, before.options);
    await using step = stepOf(trained);
    const inputs = { x: embedded(trained, golden.ids), ...labelledRows(golden.labels) };
    const optimizer = sgd({ rate: 0.05 });
    const state = optimizer.init(adapters.arrays);
    // The key's first loss is that of untouched adapters; "before" is one step later, as its own B, which is not 0, shows.
    for (const [at, loss] of golden["losses_sgd_lr_0.05"].slice(1).entries()) {
      const found = await step.run(inputs);
      expect(Math.abs(Number(found.loss.data[0]) - loss)).toBeLessThan(1e-4);
      if (at === 0) expectNorms(found, golden.gradient_norms_at_before);
      descend(optimizer, adapters, state, found, at + 1);
      if (at > 0) continue;
      for (const [address, { data }] of Object.entries(after.arrays)) {
        data.forEach((value, k) => {
          expect(Math.abs(Number(adapters.arrays[address].data[k]) - Number(value))).toBeLessThan(1e-5);
        });
      }
    }
  });
});

function expectNorms(found: Arrays, norms: Readonly<Record<string, number>>): void {
  const ours = Object.keys(found).filter((name) => name !== "loss");
  expect(ours).toHaveLength(Object.keys(norms).length);
  for (const [name, norm] of Object.entries(norms)) {
    const [, layer, module, half] = /layers\.(\d+)\.\w+\.(\w+)\.lora_([AB])/.exec(name) ?? [];
    const address = `layers.${layer}.${PROJECTIONS[module as ProjectionName]}.${half.toLowerCase()}`;
    expect(Math.hypot(...(found[address].data as Float32Array))).toBeCloseTo(norm, 4);
  }
}

test("gradients of adapters and of vectors in the prompt, dropout on, are those of differences in float64", async () => {
  const adapters = Weights.draw(Key.of(1));
  const options = { ...OPTIONS, rank: 2, dropout: 0.2 };
  const { "embedding.weight": _, ...base } = drawnWeights(SMALL_DECODER);
  const decoder = new Decoder(Weights.planned(), SMALL_DECODER, { project: lora(dense, adapters, options) });
  for (const [name, { data }] of Object.entries(adapters.arrays)) {
    if (name.endsWith(".b"))
      (data as Float32Array).forEach((_, at) => {
        data[at] = Math.sin(at + name.length);
      });
  }
  const watched = Object.keys(adapters.parameters).filter((name) =>
    /^layers\.1\.(attention\.(query|output)|feedForward\.down)/.test(name),
  );
  const report = await checkGradients({
    name: "adapted",
    trace: ({ x }) => decoder.hidden(x, undefined, TracedKey.root()),
    inputs: { x: normals([2, 3, SMALL_DECODER.dim], "x") },
    parameters: { ...base, ...adapters.arrays },
    leaves: watched.map((address) => adapters.parameters[address]),
    key: Key.of(3),
  });
  expect(report.error, report.worstAt).toBeLessThan(1e-6);
  expect(report.error32).toBeLessThan(1e-4);
});

async function small() {
  const path = join(folder, "small");
  await writeModel(path, SMALL_MODEL);
  return path;
}

test.each([[["q_proj"]], [["v_proj", "down_proj"]], [ALL]] as ProjectionName[][][])(
  "on %j there are adapters there and nowhere else, which begin as nothing; rank 0 has none",
  async (names) => {
    const path = await small();
    const adapters = Weights.draw(Key.of(1));
    const trained = await adapted(path, adapters, { ...OPTIONS, on: onProjections(names) });
    expect(Object.keys(adapters.arrays).length).toBe(2 * SMALL_MODEL.layers * names.length);
    const none = Weights.draw(Key.of(1));
    const plain = await adapted(path, none, { ...OPTIONS, rank: 0 });
    expect(none.arrays).toEqual({});
    const states = async ({ decoder, base, adapters: own }: Trained) => {
      await using reader = compile("states", ({ x }: Readonly<Record<string, Tensor>>) => ({ y: decoder.hidden(x) }), {
        runtime,
        parameters: { ...base, ...own.arrays },
      });
      return (await reader.run({ x: embedded(trained, [[1, 2, 3]]) })).y.data;
    };
    expect(await states(trained)).toEqual(await states(plain));
  },
);

test("eight histories' responses are learned by heart; what is saved answers the same, and merged as kept apart", async () => {
  const path = await small();
  const adapters = Weights.draw(Key.of(1));
  const trained = await adapted(path, adapters, { ...OPTIONS, rank: 8, alpha: 16 });
  const ids = Array.from({ length: 8 }, (_, row) =>
    Array.from({ length: 12 }, (__, at) => 3 + ((row * 7 + at * at * (row + 1)) % 36)),
  );
  const labels = ids.map((row) => row.map((id, at) => (at < 6 ? UNLABELLED : id))); // six tokens of history, six of response
  const inputs = { x: embedded(trained, ids), ...labelledRows(labels) };
  {
    await using step = stepOf(trained);
    const optimizer = chain(adam({ rate: 0.02 }));
    const state = optimizer.init(adapters.arrays);
    for (let at = 1; at <= 120; at++) descend(optimizer, adapters, state, await step.run(inputs), at);
  }
  const directory = join(folder, "learned");
  await writeAdapter(directory, adapters.arrays, { rank: 8, alpha: 16, dropout: 0 }, path);
  await using model = await LanguageModel.open(path, { runtime, adapter: directory });
  let right = 0;
  for (const row of ids) {
    for (let at = 6; at < row.length; at++) {
      const { logits } = await model.score(row.slice(0, at));
      right += Number(logits.indexOf(Math.max(...logits)) === row[at]);
    }
  }
  expect(right / (8 * 6)).toBeGreaterThan(0.95);
  const again = await readAdapter(directory);
  expect(again.arrays).toEqual(adapters.arrays);
  const dense32 = merged(trained.base as Record<string, NdArray>, again);
  expect(dense32["layers.0.attention.query.weight"].data).not.toEqual(
    trained.base["layers.0.attention.query.weight"].data,
  );
  expect(trained.base["layers.0.attention.query.weight"].data).toEqual(
    smallWeights(SMALL_MODEL)["model.layers.0.self_attn.q_proj.weight"].data,
  );
});

test("over weights in few bits an adapter is kept apart, and moves the logits as it does over dense ones", async () => {
  const path = join(folder, "wide");
  await writeModel(path, { ...SMALL_MODEL, dim: 64, hidden: 96, heads: 4, headDim: 16 });
  const adapters = Weights.draw(Key.of(1));
  await adapted(path, adapters);
  for (const [name, { data }] of Object.entries(adapters.arrays)) {
    if (name.endsWith(".b"))
      (data as Float32Array).forEach((_, at) => {
        data[at] = 0.3 * Math.sin(at);
      });
  }
  const adapter = join(folder, "over-packed");
  await writeAdapter(adapter, adapters.arrays, OPTIONS);
  const logitsOf = async (precision: "float32" | "int8" | "packed", directory?: string) => {
    await using model = await LanguageModel.open(path, {
      runtime,
      precision,
      ...(directory && { adapter: directory }),
    });
    return (await model.score([1, 2, 3, 4])).logits;
  };
  const [plain, moved] = [await logitsOf("float32"), await logitsOf("float32", adapter)];
  const far = (a: Float32Array, b: Float32Array) => Math.hypot(...a.map((value, at) => value - b[at]));
  for (const precision of ["int8", "packed"] as const) {
    expect(far(await logitsOf(precision, adapter), moved), precision).toBeLessThan(0.2 * far(plain, moved)); // what rounding to 8 bits moves them by, here an eighth
  }
});

test("a loss against a frozen head has the states' gradients of one that learns", async () => {
  const inputs = {
    states: normals([5, 4], "states"),
    table: normals([7, 4], "table"),
    targets: { dtype: "int32", shape: [5], data: Int32Array.of(0, 3, 6, 1, 1) },
    weights: float32([1, 2, 0.5, 0, 1], [5]),
  } as const;
  const of = async (frozen: boolean) => {
    const trace = ({ states, table, targets, weights }: Readonly<Record<string, Tensor>>) => {
      const loss = states.linearCrossEntropy(table, targets, weights, 2, frozen);
      return { loss, toStates: gradients(loss, [states])[0], toTable: gradients(loss, [table])[0] };
    };
    await using compiled = compile("loss", trace, { runtime });
    return await compiled.run(inputs); // before it is disposed of
  };
  const [learns, frozen] = [await of(false), await of(true)];
  expect(frozen.loss).toEqual(learns.loss);
  expect(frozen.toStates).toEqual(learns.toStates);
  expect((frozen.toTable.data as Float32Array).every((value) => value === 0)).toBe(true);
});

test("adapters that are not read here, damaged or of another model are refused by name", async () => {
  const path = await small();
  const directory = join(folder, "odd");
  await writeAdapter(
    directory,
    { "layers.0.attention.query.a": normals([4, 32], "a"), "layers.0.attention.query.b": normals([32, 4], "b") },
    OPTIONS,
  );
  const said = async (config: object) => {
    await writeFile(
      join(directory, "adapter_config.json"),
      JSON.stringify({ peft_type: "LORA", r: 4, lora_alpha: 8, bias: "none", ...config }),
    );
    const cause = await readAdapter(directory).then(
      () => undefined,
      (error: Error) => error,
    );
    return cause?.message.replaceAll(`${folder}/`, "");
  };
  expect(await said({})).toBeUndefined();
  expect(await said({ use_dora: true })).toMatchInlineSnapshot(
    `"odd/adapter_config.json: use_dora is true, an adapter of a kind that is not read here. Expected plain LoRA on the projections."`,
  );
  expect(await said({ r: 8 })).toMatchInlineSnapshot(
    `"odd/adapter_model.safetensors: "base_model.model.model.layers.0.self_attn.q_proj.lora_A.weight" has shape [4, 32]; its configuration says rank 8."`,
  );
  expect(await said({ peft_type: "IA3" })).toMatchInlineSnapshot(
    `"odd/adapter_config.json: peft_type: Invalid input: expected "LORA". Expected a LoRA adapter's configuration."`,
  );
  await said({});
  await writeModel(join(folder, "other"), { ...SMALL_MODEL, dim: 48 });
  await expect(LanguageModel.open(join(folder, "other"), { runtime, adapter: directory })).rejects.toThrow(
    /does not fit/,
  );
  await expect(LanguageModel.open(path, { runtime, adapter: join(folder, "none") })).rejects.toThrow(
    /adapter_config.json: no such file/,
  );
});
