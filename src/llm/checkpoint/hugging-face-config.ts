/**
 * config.json of a Hugging Face checkpoint, in its older layout (`rope_theta`, `rope_scaling`) and its newer one
 * (`rope_parameters`). What the shared decoder does not compute is refused by name, never ignored.
 */
import { z } from "zod";
import { CheckpointError, didYouMean } from "#base";
import type { DecoderConfig, SpecialTokens } from "../config.ts";
import type { Family } from "../families/family.ts";
import * as families from "../families/index.ts";
import type { RopeScaling } from "../rope.ts";

const size = z.int().min(1);
const token = z.int().min(0);

const ropeRule = z.looseObject({
  rope_theta: z.number().positive().optional(),
  rope_type: z.string().optional(),
  type: z.string().optional(),
  factor: z.number().positive().optional(),
  low_freq_factor: z.number().positive().optional(),
  high_freq_factor: z.number().positive().optional(),
  original_max_position_embeddings: size.optional(),
});

const file = z.looseObject({
  model_type: z.string(),
  vocab_size: size,
  hidden_size: size,
  intermediate_size: size,
  num_hidden_layers: size,
  num_attention_heads: size,
  num_key_value_heads: size.nullish(),
  head_dim: size.nullish(),
  hidden_act: z.string().default("silu"),
  max_position_embeddings: size.default(2048),
  rms_norm_eps: z.number().positive().default(1e-6),
  tie_word_embeddings: z.boolean().default(false),
  attention_bias: z.boolean().default(false),
  mlp_bias: z.boolean().default(false),
  rope_theta: z.number().positive().nullish(),
  rope_scaling: ropeRule.nullish(),
  rope_parameters: ropeRule.nullish(),
  use_sliding_window: z.boolean().nullish(),
  layer_types: z.array(z.string()).nullish(),
  bos_token_id: token.nullish(),
  eos_token_id: z.union([token, z.array(token)]).nullish(),
  pad_token_id: token.nullish(),
});

type File = z.output<typeof file>;

export interface ReadConfig {
  readonly family: Family;
  readonly config: DecoderConfig;
  readonly tokens: SpecialTokens;
}

/** Reads the text of a config.json. */
export function parseDecoderConfig(path: string, text: string): ReadConfig {
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch (cause) {
    throw unusable(path, "it is not JSON", undefined, cause);
  }
  requireFamily(path, content);
  const result = file.safeParse(content);
  if (!result.success) {
    const { path: field, message } = result.error.issues[0];
    throw unusable(path, `${field.join(".") || "its content"}: ${message}`, field.join("."), result.error);
  }
  const found = result.data;
  refuseWhatIsNotComputed(path, found);
  const family = familyOf(path, found.model_type);
  const heads = found.num_attention_heads;
  const keyValueHeads = found.num_key_value_heads ?? heads;
  if (heads % keyValueHeads !== 0) {
    throw unusable(path, `${heads} heads do not divide among ${keyValueHeads} key-value heads`, "num_key_value_heads");
  }
  const config: DecoderConfig = {
    vocabulary: found.vocab_size,
    dim: found.hidden_size,
    layers: found.num_hidden_layers,
    heads,
    keyValueHeads,
    headDim: headDimOf(path, found),
    hidden: found.intermediate_size,
    epsilon: found.rms_norm_eps,
    rope: ropeOf(path, found),
    maxPositions: found.max_position_embeddings,
    tied: found.tie_word_embeddings,
    parts: family.parts({ attentionBias: found.attention_bias, feedForwardBias: found.mlp_bias }),
  };
  return { family, config, tokens: tokensOf(found) };
}

function headDimOf(path: string, { head_dim: given, hidden_size: dim, num_attention_heads: heads }: File): number {
  const headDim = given ?? dim / heads;
  if (Number.isInteger(headDim) && headDim % 2 === 0) return headDim;
  throw unusable(path, `hidden_size ${dim} does not divide into ${heads} heads of an even width`, "hidden_size");
}

function tokensOf({ bos_token_id: begin, eos_token_id: end, pad_token_id: pad }: File): SpecialTokens {
  return {
    begin: begin ?? undefined,
    end: end === null || end === undefined ? [] : [end].flat(),
    pad: pad ?? undefined,
  };
}

function requireFamily(path: string, content: unknown): void {
  const type = typeof content === "object" && content !== null ? Reflect.get(content, "model_type") : undefined;
  if (typeof type === "string") familyOf(path, type);
}

function familyOf(path: string, type: string): Family {
  const known = Object.values(families);
  const family = known.find(({ modelType }) => modelType === type);
  if (family !== undefined) return family;
  const names = known.map(({ modelType }) => modelType);
  throw new CheckpointError(
    `${path}: the architecture "${type}" is not known${didYouMean(type, names) || "."} Known: ${names.join(", ")}. Take a model of one of these.`,
    { code: "unknown-architecture", file: path, field: "model_type" },
  );
}

function refuseWhatIsNotComputed(path: string, found: File): void {
  if (found.hidden_act !== "silu") {
    throw unusable(path, `hidden_act is "${found.hidden_act}", and only silu is computed`, "hidden_act");
  }
  if (found.use_sliding_window === true || found.layer_types?.some((type) => type !== "full_attention")) {
    throw unusable(path, "it attends to a sliding window, and only full attention is computed", "use_sliding_window");
  }
}

function ropeOf(path: string, found: File): DecoderConfig["rope"] {
  const rule = found.rope_parameters ?? found.rope_scaling ?? {};
  return { base: rule.rope_theta ?? found.rope_theta ?? 10_000, scaling: scalingOf(path, rule, found) };
}

function scalingOf(path: string, rule: z.output<typeof ropeRule>, found: File): RopeScaling {
  const kind = rule.rope_type ?? rule.type ?? "default";
  const needed = (value: number | undefined, field: string) => {
    if (value === undefined) throw unusable(path, `its rotary scaling "${kind}" does not say ${field}`, field);
    return value;
  };
  if (kind === "default") return { kind: "none" };
  if (kind === "linear") return { kind: "linear", factor: needed(rule.factor, "factor") };
  if (kind !== "llama3") {
    throw unusable(path, `its rotary scaling is "${kind}"; known: default, linear, llama3`, "rope_scaling");
  }
  return {
    kind: "llama3",
    factor: needed(rule.factor, "factor"),
    lowFactor: needed(rule.low_freq_factor, "low_freq_factor"),
    highFactor: needed(rule.high_freq_factor, "high_freq_factor"),
    originalLength: rule.original_max_position_embeddings ?? found.max_position_embeddings,
  };
}

function unusable(path: string, why: string, field?: string, cause?: unknown): CheckpointError {
  return new CheckpointError(`${path}: this configuration cannot be used (${why}).`, {
    code: "bad-config",
    file: path,
    field,
    hint: "Fetch the model again, or take another one: LLaMA, Qwen2 and Qwen3 decoders are read.",
    cause,
  });
}
