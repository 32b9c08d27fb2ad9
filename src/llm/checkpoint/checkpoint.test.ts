/** Checkpoints in every form that is read, and what is said of those that cannot be. */
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { DeftrecError } from "#base";
import { float32 } from "#tensor";
import { SMALL_MODEL, type SmallModel, writeModel, writeModelAsGguf } from "../../../test/suites/checkpoint-writer.ts";
import { estimateMemory, loadWeights } from "./load.ts";
import { openCheckpoint } from "./open.ts";

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "deftrec-checkpoint-"));
});
afterAll(() => rm(folder, { recursive: true }));

const MODELS: readonly SmallModel[] = [
  SMALL_MODEL,
  { ...SMALL_MODEL, type: "qwen2", keyValueHeads: 1, tied: false, layers: 3 },
  { ...SMALL_MODEL, type: "qwen3", headDim: 16, vocabulary: 64 },
];

test.each(MODELS.map((model) => [model.type, model] as const))(
  "%s: a directory and a GGUF file of one model hold the same configuration and weights",
  async (type, model) => {
    const directory = join(folder, type);
    await writeModel(directory, model);
    await mkdir(`${directory}-gguf`);
    await writeModelAsGguf(join(`${directory}-gguf`, "model.gguf"), model);
    await using first = await openCheckpoint(directory);
    await using second = await openCheckpoint(`${directory}-gguf`);
    const { epsilon, ...config } = first.config;
    expect(second.config).toEqual({ ...config, epsilon: Math.fround(epsilon), maxPositions: 2048 });
    expect([first.tokens.end, second.tokens.end]).toEqual([[2], [2]]);
    const [weights, same] = [await loadWeights(first, "float32"), await loadWeights(second, "float32")];
    expect(Object.keys(same).sort()).toEqual(Object.keys(weights).sort());
    for (const [address, array] of Object.entries(weights)) expect(same[address], address).toEqual(array);
  },
);

test("weights in 8 bits take about a quarter of the memory, which is known before they are read", async () => {
  const directory = join(folder, "packed");
  await writeModel(directory, { ...SMALL_MODEL, vocabulary: 512, hidden: 96 });
  await using checkpoint = await openCheckpoint(directory);
  for (const precision of ["float32", "int8", "packed"] as const) {
    const arrays = Object.values(await loadWeights(checkpoint, precision));
    const bytes = arrays.reduce((sum, { data }) => sum + data.byteLength, 0);
    expect(estimateMemory(checkpoint, precision).weights).toBe(bytes);
  }
  const dense = estimateMemory(checkpoint, "float32").weights;
  for (const precision of ["int8", "packed"] as const) {
    const ratio = estimateMemory(checkpoint, precision).weights / dense;
    expect(ratio).toBeGreaterThan(0.25);
    expect(ratio).toBeLessThan(0.32); // 8 bits and a float32 scale: of a row, or of 32 weights, which is 9/32
  }
  expect(estimateMemory(checkpoint, "int8").cachePerToken).toBe(2 * 4 * 2 * 2 * 8); // keys and values, 2 layers, 2 heads of 8
});

async function complaint(path: string): Promise<string> {
  const error: unknown = await openCheckpoint(path).then(
    async (checkpoint) => {
      await using opened = checkpoint;
      return await loadWeights(opened, "float32").catch((cause: unknown) => cause);
    },
    (cause: unknown) => cause,
  );
  if (!(error instanceof DeftrecError)) throw new Error(`expected an error of ours, got ${String(error)}`);
  const hint = error.hint === undefined ? "" : ` | ${error.hint}`;
  return `${error.name} ${error.message}${hint}`.replaceAll(`${folder}/`, "");
}

async function spoilt(name: string, more: Parameters<typeof writeModel>[2]): Promise<string> {
  await writeModel(join(folder, name), SMALL_MODEL, more);
  return complaint(join(folder, name));
}

test("an architecture that is not known, and parts that are not computed", async () => {
  expect(await spoilt("a", { config: { model_type: "gemma3" } })).toMatchInlineSnapshot(
    `"CheckpointError a/config.json: the architecture "gemma3" is not known. Known: llama, qwen2, qwen3. Take a model of one of these."`,
  );
  expect(await spoilt("b", { config: { model_type: "lama" } })).toMatchInlineSnapshot(
    `"CheckpointError b/config.json: the architecture "lama" is not known, did you mean "llama"? Known: llama, qwen2, qwen3. Take a model of one of these."`,
  );
  expect(await spoilt("c", { config: { hidden_act: "gelu" } })).toMatchInlineSnapshot(
    `"CheckpointError c/config.json: this configuration cannot be used (hidden_act is "gelu", and only silu is computed). | Fetch the model again, or take another one: LLaMA, Qwen2 and Qwen3 decoders are read."`,
  );
  expect(await spoilt("d", { config: { rope_scaling: { rope_type: "yarn", factor: 4 } } })).toMatchInlineSnapshot(
    `"CheckpointError d/config.json: this configuration cannot be used (its rotary scaling is "yarn"; known: default, linear, llama3). | Fetch the model again, or take another one: LLaMA, Qwen2 and Qwen3 decoders are read."`,
  );
  expect(await spoilt("e", { config: { rope_scaling: { type: "linear" } } })).toMatchInlineSnapshot(
    `"CheckpointError e/config.json: this configuration cannot be used (its rotary scaling "linear" does not say factor). | Fetch the model again, or take another one: LLaMA, Qwen2 and Qwen3 decoders are read."`,
  );
  expect(await spoilt("f", { config: { use_sliding_window: true } })).toMatchInlineSnapshot(
    `"CheckpointError f/config.json: this configuration cannot be used (it attends to a sliding window, and only full attention is computed). | Fetch the model again, or take another one: LLaMA, Qwen2 and Qwen3 decoders are read."`,
  );
  expect(await spoilt("g", { config: { num_key_value_heads: 3 } })).toMatchInlineSnapshot(
    `"CheckpointError g/config.json: this configuration cannot be used (4 heads do not divide among 3 key-value heads). | Fetch the model again, or take another one: LLaMA, Qwen2 and Qwen3 decoders are read."`,
  );
  expect(await spoilt("h", { config: { hidden_size: "32" } })).toMatchInlineSnapshot(
    `"CheckpointError h/config.json: this configuration cannot be used (hidden_size: Invalid input: expected number, received string). | Fetch the model again, or take another one: LLaMA, Qwen2 and Qwen3 decoders are read."`,
  );
  await writeModelAsGguf(join(folder, "bert.gguf"), SMALL_MODEL, { "general.architecture": "bert" });
  expect(await complaint(join(folder, "bert.gguf"))).toMatchInlineSnapshot(
    `"CheckpointError bert.gguf: the architecture "bert" is not known. Known: llama, qwen2, qwen3. Take a model of one of these."`,
  );
});

test("weights that are missing, of another shape, or of whole numbers", async () => {
  expect(await spoilt("w1", { without: ["model.layers.1.mlp.up_proj.weight"] })).toMatchInlineSnapshot(
    `"CheckpointError w1: weight "model.layers.1.mlp.up_proj.weight" is missing; expected shape [64, 32]. | Fetch the model again, whole, with all its shards; or its configuration belongs to another one."`,
  );
  expect(await spoilt("w2", { weights: { "model.norm.weight": float32([1, 2], [2]) } })).toMatchInlineSnapshot(
    `"CheckpointError w2: weight "model.norm.weight" has shape [2]; its configuration expects [32]. | Fetch weights and configuration of the same model."`,
  );
  const whole = { dtype: "int32", shape: [32], data: new Int32Array(32) } as const;
  expect(await spoilt("w3", { weights: { "model.norm.weight": whole } })).toMatchInlineSnapshot(
    `"CheckpointError w3: weight "model.norm.weight" is int32, expected F32, F16 or BF16. | Take the model in one of these; quantised weights are read from GGUF files."`,
  );
  expect(await spoilt("w4", { config: { tie_word_embeddings: false } })).toMatchInlineSnapshot(
    `"CheckpointError w4: weight "lm_head.weight" is missing; expected shape [40, 32]. | Fetch the model again, whole, with all its shards; or its configuration belongs to another one."`,
  );
});

test("a path that leads nowhere, a folder without weights, with PyTorch's, with several GGUF files", async () => {
  expect(await complaint(join(folder, "nowhere"))).toMatchInlineSnapshot(
    `"DataError nowhere: there is no such file or directory. | Expected a model's directory, a GGUF file, or a hub id such as HuggingFaceTB/SmolLM2-135M-Instruct."`,
  );
  await mkdir(join(folder, "empty"));
  expect(await complaint(join(folder, "empty"))).toMatchInlineSnapshot(
    `"DataError empty: no weights lie here. Expected model.safetensors, its shards with model.safetensors.index.json, or a GGUF file. | Fetch the whole model."`,
  );
  await writeFile(join(folder, "empty", "pytorch_model.bin"), "");
  expect(await complaint(join(folder, "empty"))).toMatchInlineSnapshot(
    `"DataError empty: no weights lie here. Expected model.safetensors, its shards with model.safetensors.index.json, or a GGUF file. | PyTorch's own files (.bin, .pth) are not read, they can hold code: save the model as safetensors."`,
  );
  for (const name of ["a.gguf", "b.gguf"]) await writeFile(join(folder, "empty", name), "");
  expect(await complaint(join(folder, "empty"))).toMatchInlineSnapshot(
    `"DataError empty: several models lie here: a.gguf, b.gguf. Name one of the files."`,
  );
});

test("an index that is none, that names a file elsewhere, or a shard that is not there", async () => {
  const index = async (content: string) => {
    const directory = join(folder, "sharded");
    await writeModel(directory);
    await writeFile(join(directory, "model.safetensors.index.json"), content);
    return complaint(directory);
  };
  expect(await index("{")).toMatchInlineSnapshot(
    `"CheckpointError sharded/model.safetensors.index.json: this is not an index of safetensors files (it is not JSON). Fetch it again."`,
  );
  expect(await index('{"weight_map":{}}')).toMatchInlineSnapshot(
    `"CheckpointError sharded/model.safetensors.index.json: this is not an index of safetensors files (it has no weight_map). Fetch it again."`,
  );
  expect(await index('{"weight_map":{"a":"../secret"}}')).toMatchInlineSnapshot(
    `"CheckpointError sharded/model.safetensors.index.json: this is not an index of safetensors files (it names "../secret", expected a file beside it). Fetch it again."`,
  );
  expect(await index('{"weight_map":{"a":"model-2.safetensors"}}')).toMatchInlineSnapshot(
    `"CheckpointError sharded/model-2.safetensors: there is no such file. Look at the path, or make the file again."`,
  );
  await rm(join(folder, "sharded", "config.json"));
  expect(await complaint(join(folder, "sharded"))).toMatchInlineSnapshot(
    `"CheckpointError sharded/config.json: there is no such file. A model's directory has its configuration there. | Fetch the whole model: config.json, weights and tokenizer.json."`,
  );
});
