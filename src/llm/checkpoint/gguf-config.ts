/** A decoder's configuration out of a GGUF file's metadata; what the file leaves unsaid follows from its tensors. */
import { CheckpointError } from "#base";
import type { GgufFile, MetadataValue } from "#tensor";
import type { DecoderConfig, SpecialTokens } from "../config.ts";
import type { Family } from "../families/family.ts";
import * as families from "../families/index.ts";
import type { RopeScaling } from "../rope.ts";

export interface GgufConfig {
  readonly family: Family;
  readonly config: DecoderConfig;
  readonly tokens: SpecialTokens;
}

/** Reads it; `divisors` are the contents of `rope_freqs.weight`, where there is one. */
export function ggufConfig(path: string, { metadata, tensors }: GgufFile, divisors?: Float32Array): GgufConfig {
  const family = familyOf(path, metadata["general.architecture"]);
  const facts = new Facts(path, metadata, family.ggufArchitecture);
  const dim = facts.whole("embedding_length");
  const heads = facts.whole("attention.head_count");
  const keyValueHeads = facts.whole("attention.head_count_kv", heads);
  const headDim = facts.whole("attention.key_length", facts.whole("rope.dimension_count", dim / heads));
  if (heads % keyValueHeads !== 0 || headDim % 2 !== 0) {
    throw facts.unusable(
      `${heads} heads, ${keyValueHeads} for keys and values, of width ${headDim} do not fit together`,
    );
  }
  const has = (name: string) => tensors.has(name);
  const config: DecoderConfig = {
    vocabulary: tensors.get("token_embd.weight")?.shape[0] ?? facts.whole("vocab_size"),
    dim,
    layers: facts.whole("block_count"),
    heads,
    keyValueHeads,
    headDim,
    hidden: facts.whole("feed_forward_length"),
    epsilon: roundedToFloat32(facts.number("attention.layer_norm_rms_epsilon", 1e-6)),
    rope: { base: facts.number("rope.freq_base", 10_000), scaling: scalingOf(facts, divisors) },
    maxPositions: facts.whole("context_length", 2048),
    tied: !has("output.weight"),
    parts: {
      ...family.parts({ attentionBias: has("blk.0.attn_q.bias"), feedForwardBias: has("blk.0.ffn_gate.bias") }),
      outputBias: has("blk.0.attn_output.bias"),
    },
  };
  return { family, config, tokens: tokensOf(facts) };
}

function familyOf(path: string, architecture: MetadataValue | undefined): Family {
  const known = Object.values(families);
  const family = known.find(({ ggufArchitecture }) => ggufArchitecture === architecture);
  if (family !== undefined) return family;
  const names = known.map(({ ggufArchitecture }) => ggufArchitecture).join(", ");
  throw new CheckpointError(
    `${path}: the architecture ${JSON.stringify(architecture)} is not known. Known: ${names}. Take a model of one of these.`,
    { code: "unknown-architecture", file: path, field: "general.architecture" },
  );
}

function scalingOf(facts: Facts, divisors?: Float32Array): RopeScaling {
  if (divisors !== undefined) return { kind: "divisors", divisors };
  const kind = facts.text("rope.scaling.type", "none");
  if (kind === "none") return { kind: "none" };
  if (kind === "linear") return { kind: "linear", factor: facts.number("rope.scaling.factor") };
  throw facts.unusable(`its rotary scaling is "${kind}"; known: none, linear, frequencies in rope_freqs.weight`);
}

function tokensOf(facts: Facts): SpecialTokens {
  const token = (name: string) => facts.id(`tokenizer.ggml.${name}_token_id`);
  const end = [token("eos"), token("eot")].filter((id) => id !== undefined);
  return { begin: token("bos"), end: [...new Set(end)], pad: token("padding") };
}

/** Epsilons are written as float32: 1e-5 comes back as 9.99999974…e-6, which is what the model computes with. */
function roundedToFloat32(value: number): number {
  return Math.fround(value);
}

class Facts {
  constructor(
    private readonly path: string,
    private readonly metadata: Readonly<Record<string, MetadataValue>>,
    private readonly architecture: string,
  ) {}

  whole(name: string, fallback?: number): number {
    const value = this.number(name, fallback);
    if (Number.isSafeInteger(value) && value > 0) return value;
    throw this.unusable(`${this.architecture}.${name} is ${value}`);
  }

  number(name: string, fallback?: number): number {
    const value = this.metadata[`${this.architecture}.${name}`] ?? fallback;
    if (typeof value === "number") return value;
    throw this.unusable(`${this.architecture}.${name} is ${JSON.stringify(value) ?? "missing"}`);
  }

  text(name: string, fallback: string): string {
    return String(this.metadata[`${this.architecture}.${name}`] ?? fallback);
  }

  id(name: string): number | undefined {
    const value = this.metadata[name];
    return typeof value === "number" ? value : undefined;
  }

  unusable(why: string): CheckpointError {
    return new CheckpointError(`${this.path}: this model cannot be used (${why}).`, {
      code: "bad-config",
      file: this.path,
      hint: "Fetch it again, or take another one.",
    });
  }
}
