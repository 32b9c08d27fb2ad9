/**
 * What a decoder's parameters are called: our addresses, Hugging Face's names (LLaMA's, which Qwen2 and Qwen3 took over)
 * and GGUF's. `layers.3.attention.query.weight` is `model.layers.3.self_attn.q_proj.weight` there and `blk.3.attn_q.weight`
 * here.
 */

/** Of one layer: our name, Hugging Face's, GGUF's; a projection's without `.weight` and `.bias`. */
const LAYER_PARTS = [
  ["attentionNorm", "input_layernorm", "attn_norm"],
  ["attention.query", "self_attn.q_proj", "attn_q"],
  ["attention.key", "self_attn.k_proj", "attn_k"],
  ["attention.value", "self_attn.v_proj", "attn_v"],
  ["attention.output", "self_attn.o_proj", "attn_output"],
  ["attention.queryNorm", "self_attn.q_norm", "attn_q_norm"],
  ["attention.keyNorm", "self_attn.k_norm", "attn_k_norm"],
  ["feedForwardNorm", "post_attention_layernorm", "ffn_norm"],
  ["feedForward.gate", "mlp.gate_proj", "ffn_gate"],
  ["feedForward.up", "mlp.up_proj", "ffn_up"],
  ["feedForward.down", "mlp.down_proj", "ffn_down"],
] as const;

const WHOLE_PARTS = [
  ["embedding", "model.embed_tokens", "token_embd"],
  ["norm", "model.norm", "output_norm"],
  ["head", "lm_head", "output"],
] as const;

/** The seven projections of a layer, which adapters may stand on, by their short names in PEFT's files. */
export const PROJECTIONS = {
  q_proj: "attention.query",
  k_proj: "attention.key",
  v_proj: "attention.value",
  o_proj: "attention.output",
  gate_proj: "feedForward.gate",
  up_proj: "feedForward.up",
  down_proj: "feedForward.down",
} as const;

export type ProjectionName = keyof typeof PROJECTIONS;

/** The name of a parameter in a Hugging Face checkpoint. */
export function huggingFaceName(address: string): string {
  const { layer, part, ending } = parsed(address);
  if (layer === undefined) return `${lookUp(WHOLE_PARTS, part, 1)}.${ending}`;
  return `model.layers.${layer}.${lookUp(LAYER_PARTS, part, 1)}.${ending}`;
}

/** The name of a parameter in a GGUF file. */
export function ggufName(address: string): string {
  const { layer, part, ending } = parsed(address);
  if (layer === undefined) return `${lookUp(WHOLE_PARTS, part, 2)}.${ending}`;
  return `blk.${layer}.${lookUp(LAYER_PARTS, part, 2)}.${ending}`;
}

function parsed(address: string) {
  const [, layer, part, own] = /^(?:layers\.(\d+)\.)?(.+)\.(weight|bias|scale)$/.exec(address) ?? [];
  if (part === undefined) throw new Error(`internal: "${address}" is no parameter of a decoder`);
  return { layer, part, ending: own === "scale" ? "weight" : own };
}

function lookUp(parts: readonly (readonly [string, string, string])[], part: string, column: 1 | 2): string {
  const found = parts.find(([ours]) => ours === part);
  if (found === undefined) throw new Error(`internal: a decoder has no part "${part}"`);
  return found[column];
}
