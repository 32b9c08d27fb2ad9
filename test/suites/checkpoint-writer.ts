/** Checkpoints of any size in a Hugging Face directory or a GGUF file, drawn from a seed: what a test loads. */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Arrays, float32, writeSafetensors } from "#tensor";
import { normals } from "./examples.ts";
import { type TensorToWrite, writeGguf } from "./gguf-writer.ts";

export interface SmallModel {
  readonly type: "llama" | "qwen2" | "qwen3";
  readonly vocabulary: number;
  readonly dim: number;
  readonly layers: number;
  readonly heads: number;
  readonly keyValueHeads: number;
  readonly headDim: number;
  readonly hidden: number;
  readonly tied: boolean;
}

export const SMALL_MODEL: SmallModel = {
  type: "llama",
  vocabulary: 40,
  dim: 32,
  layers: 2,
  heads: 4,
  keyValueHeads: 2,
  headDim: 8,
  hidden: 64,
  tied: true,
};

/** Its weights by Hugging Face's names. */
export function smallWeights(model: SmallModel): Arrays {
  const { dim, heads, keyValueHeads, headDim, hidden, layers, vocabulary, tied, type } = model;
  const shapes: Record<string, readonly number[]> = {
    "model.embed_tokens.weight": [vocabulary, dim],
    "model.norm.weight": [dim],
  };
  if (!tied) shapes["lm_head.weight"] = [vocabulary, dim];
  for (let at = 0; at < layers; at++) {
    const layer = `model.layers.${at}`;
    const wide = { q: heads * headDim, k: keyValueHeads * headDim, v: keyValueHeads * headDim };
    for (const [name, width] of Object.entries(wide)) {
      shapes[`${layer}.self_attn.${name}_proj.weight`] = [width, dim];
      if (type === "qwen2") shapes[`${layer}.self_attn.${name}_proj.bias`] = [width];
    }
    shapes[`${layer}.self_attn.o_proj.weight`] = [dim, heads * headDim];
    if (type === "qwen3")
      for (const name of ["q_norm", "k_norm"]) shapes[`${layer}.self_attn.${name}.weight`] = [headDim];
    for (const name of ["gate", "up"]) shapes[`${layer}.mlp.${name}_proj.weight`] = [hidden, dim];
    shapes[`${layer}.mlp.down_proj.weight`] = [dim, hidden];
    for (const name of ["input_layernorm", "post_attention_layernorm"]) shapes[`${layer}.${name}.weight`] = [dim];
  }
  const scaled = (name: string, shape: readonly number[]) => {
    const { data } = normals(shape, name);
    const offset = shape.length === 1 && name.includes("norm") ? 1 : 0;
    return float32(
      data.map((value) => offset + 0.3 * value),
      shape,
    );
  };
  return Object.fromEntries(Object.entries(shapes).map(([name, shape]) => [name, scaled(name, shape)]));
}

/** Its config.json. */
export function smallConfig(model: SmallModel): Record<string, unknown> {
  return {
    model_type: model.type,
    vocab_size: model.vocabulary,
    hidden_size: model.dim,
    intermediate_size: model.hidden,
    num_hidden_layers: model.layers,
    num_attention_heads: model.heads,
    num_key_value_heads: model.keyValueHeads,
    head_dim: model.headDim,
    rms_norm_eps: 1e-5,
    rope_theta: 10000,
    tie_word_embeddings: model.tied,
    bos_token_id: 1,
    eos_token_id: 2,
  };
}

/** Writes it as a Hugging Face directory. */
export async function writeModel(
  directory: string,
  model: SmallModel = SMALL_MODEL,
  { config = {}, weights = {}, without = [] }: { config?: object; weights?: Arrays; without?: readonly string[] } = {},
): Promise<void> {
  await mkdir(directory, { recursive: true });
  await writeFile(join(directory, "config.json"), JSON.stringify({ ...smallConfig(model), ...config }));
  const all = Object.entries({ ...smallWeights(model), ...weights }).filter(([name]) => !without.includes(name));
  await writeSafetensors(join(directory, "model.safetensors"), Object.fromEntries(all));
}

const GGUF_NAMES: readonly (readonly [RegExp, string])[] = [
  [/^model\.embed_tokens/, "token_embd"],
  [/^model\.norm/, "output_norm"],
  [/^lm_head/, "output"],
  [/^model\.layers\.(\d+)\./, "blk.$1."],
  [/input_layernorm/, "attn_norm"],
  [/post_attention_layernorm/, "ffn_norm"],
  [/self_attn\.([qkv])_(proj|norm)/, "attn_$1_$2"],
  [/_proj(?=\.(weight|bias)$)/, ""],
  [/self_attn\.o/, "attn_output"],
  [/mlp\.(gate|up|down)/, "ffn_$1"],
];

/** Writes it as a GGUF file of float32, LLaMA's query and key rows in pairs as llama.cpp's converter writes them. */
export async function writeModelAsGguf(
  path: string,
  model: SmallModel,
  metadata: Record<string, string> = {},
): Promise<void> {
  const { type, headDim } = model;
  const tensors: Record<string, TensorToWrite> = {};
  for (const [name, { shape, data }] of Object.entries(smallWeights(model))) {
    const own = GGUF_NAMES.reduce((text, [pattern, replacement]) => text.replace(pattern, replacement), name);
    const paired = type === "llama" && /attn_[qk]\.weight/.test(own);
    tensors[own] = { shape, data: paired ? inPairs(data as Float32Array, shape, headDim) : (data as Float32Array) };
  }
  await writeGguf(
    path,
    {
      "general.architecture": type,
      [`${type}.block_count`]: model.layers,
      [`${type}.embedding_length`]: model.dim,
      [`${type}.feed_forward_length`]: model.hidden,
      [`${type}.attention.head_count`]: model.heads,
      [`${type}.attention.head_count_kv`]: model.keyValueHeads,
      [`${type}.attention.key_length`]: headDim,
      [`${type}.attention.layer_norm_rms_epsilon`]: { float: 1e-5 },
      [`${type}.rope.freq_base`]: { float: 10000 },
      "tokenizer.ggml.eos_token_id": 2,
      ...metadata,
    },
    tensors,
  );
}

/** Rows of halves (i, i + d/2) as pairs (2i, 2i + 1). */
function inPairs(data: Float32Array, [rows, width]: readonly number[], headDim: number): Float32Array {
  const out = new Float32Array(data.length);
  for (let head = 0; head < rows / headDim; head++) {
    for (let i = 0; i < headDim / 2; i++) {
      for (const half of [0, 1]) {
        const from = (head * headDim + half * (headDim / 2) + i) * width;
        out.set(data.subarray(from, from + width), (head * headDim + 2 * i + half) * width);
      }
    }
  }
  return out;
}
