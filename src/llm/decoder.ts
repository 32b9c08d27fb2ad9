/**
 * The decoder that LLaMA, Qwen2 and Qwen3 share (arXiv 2302.13971, section 2.2): for each layer
 *   x ← x + attention(RMS x),   x ← x + W_down(silu(W_gate RMS x) ⊙ W_up RMS x);   logits = RMS(x) Eᵀ
 * with rotary positions and groups of query heads that share a key and value head (arXiv 2305.13245).
 * Two ways through it: `hidden` reads whole texts and can be differentiated; `onward` reads what follows a cache.
 * Rotary products depend on distances alone, so that rows padded at the left may count their positions from the padding.
 */
import { causalMask, Embedding, RmsNorm, Rotary, type Rotary as RotaryLayer, Weights } from "#nn";
import type { TracedKey } from "#random";
import { constant, int32, type Tensor } from "#tensor";
import { type Angles, DecoderAttention, type LayerCache, type OnwardMasks } from "./attention.ts";
import type { DecoderConfig } from "./config.ts";
import { dense, type Project, type Projection } from "./projection.ts";
import { scaledFrequency } from "./rope.ts";

export class Decoder {
  readonly #embedding: Embedding | undefined;
  readonly #layers: readonly DecoderLayer[];
  readonly #norm: RmsNorm;
  readonly #head: Projection;
  readonly #rotary: RotaryLayer;

  /** `embeds`: it also looks token ids up, from a dense table. */
  constructor(
    weights: Weights,
    readonly config: DecoderConfig,
    { project = dense, embeds = true }: { readonly project?: Project; readonly embeds?: boolean } = {},
  ) {
    const { vocabulary, dim, layers, headDim, epsilon, rope, tied } = config;
    this.#embedding = embeds ? new Embedding(weights.at("embedding"), vocabulary, dim) : undefined;
    this.#layers = Array.from({ length: layers }, (_, at) => {
      return new DecoderLayer(weights.at("layers").at(at), config, project);
    });
    this.#norm = new RmsNorm(weights.at("norm"), dim, epsilon);
    this.#head = project(weights.at(tied ? "embedding" : "head"), { inDim: dim, outDim: vocabulary, bias: false });
    this.#rotary = new Rotary(headDim, rope.base, scaledFrequency(rope.scaling));
  }

  /** ids [...] int32 → [..., D] */
  embed(ids: Tensor): Tensor {
    if (this.#embedding === undefined) throw new Error("internal: this decoder was made without its embedding");
    return this.#embedding.forward(ids);
  }

  /**
   * States after the final norm: x [B, T, D] → [B, T, D]. `padding` is an additive mask [B, 1, 1, T] (`paddingMask` of nn);
   * T must be a number. `key` feeds the dropout of adapters.
   */
  hidden(x: Tensor, padding?: Tensor, key?: TracedKey): Tensor {
    const length = x.shape[1];
    if (typeof length !== "number") throw new Error("internal: a text's length must be known while tracing");
    const causal = causalMask(length); // [T, T]
    const mask = padding === undefined ? causal : causal.add(padding); // [B, 1, T, T]
    const positions = constant(
      int32(
        Int32Array.from({ length }, (_, at) => at),
        [length],
      ),
    );
    return this.#through(x, mask, this.#rotary.angles(positions), key);
  }

  /**
   * The same with a mask of one's own, additive [B, 1, T, T], and positions of one's own, [B, T] int32: for texts of which
   * some parts do not see others.
   */
  masked(x: Tensor, mask: Tensor, positions: Tensor, key?: TracedKey): Tensor {
    return this.#through(x, mask, this.#rotary.angles(positions), key);
  }

  #through(x: Tensor, mask: Tensor, angles: Angles, key?: TracedKey): Tensor {
    let states = x;
    this.#layers.forEach((layer, at) => {
      states = layer.forward(states, mask, angles, key?.fold(at));
    });
    return this.#norm.forward(states);
  }

  /** States and what to add to the cache, for new tokens x [B, S, D] at `positions` [S] behind a cache. */
  onward(x: Tensor, cache: readonly LayerCache[], masks: OnwardMasks, positions: Tensor) {
    const angles = this.#rotary.angles(positions);
    const [keys, values]: [Tensor[], Tensor[]] = [[], []];
    let states = x;
    this.#layers.forEach((layer, at) => {
      const result = layer.onward(states, cache[at], masks, angles);
      states = result.states;
      keys.push(result.keys);
      values.push(result.values);
    });
    return { hidden: this.#norm.forward(states), keys, values };
  }

  /** hidden [..., D] → [..., V] */
  logits(hidden: Tensor): Tensor {
    return this.#head.forward(hidden);
  }
}

class DecoderLayer {
  readonly #attentionNorm: RmsNorm;
  readonly #attention: DecoderAttention;
  readonly #feedForwardNorm: RmsNorm;
  readonly #feedForward: GatedFeedForward;

  constructor(weights: Weights, config: DecoderConfig, project: Project) {
    const { dim, epsilon } = config;
    this.#attentionNorm = new RmsNorm(weights.at("attentionNorm"), dim, epsilon);
    this.#attention = new DecoderAttention(weights.at("attention"), config, project);
    this.#feedForwardNorm = new RmsNorm(weights.at("feedForwardNorm"), dim, epsilon);
    this.#feedForward = new GatedFeedForward(weights.at("feedForward"), config, project);
  }

  forward(x: Tensor, mask: Tensor, angles: Angles, key?: TracedKey): Tensor {
    const middle = x.add(this.#attention.forward(this.#attentionNorm.forward(x), mask, angles, key?.fold("attention")));
    return middle.add(this.#feedForward.forward(this.#feedForwardNorm.forward(middle), key?.fold("feedForward")));
  }

  onward(x: Tensor, cache: LayerCache, masks: OnwardMasks, angles: Angles) {
    const { attended, keys, values } = this.#attention.onward(this.#attentionNorm.forward(x), cache, masks, angles);
    const middle = x.add(attended);
    return { states: middle.add(this.#feedForward.forward(this.#feedForwardNorm.forward(middle))), keys, values };
  }
}

/** W_down(silu(W_gate x) ⊙ W_up x): SwiGLU of arXiv 2002.05202. */
class GatedFeedForward {
  readonly #gate: Projection;
  readonly #up: Projection;
  readonly #down: Projection;

  constructor(weights: Weights, { dim, hidden, parts }: DecoderConfig, project: Project) {
    const bias = parts.feedForwardBias;
    this.#gate = project(weights.at("gate"), { inDim: dim, outDim: hidden, bias });
    this.#up = project(weights.at("up"), { inDim: dim, outDim: hidden, bias });
    this.#down = project(weights.at("down"), { inDim: hidden, outDim: dim, bias });
  }

  forward(x: Tensor, key?: TracedKey): Tensor {
    const gate = this.#gate.forward(x, key?.fold("gate")).silu();
    return this.#down.forward(gate.mul(this.#up.forward(x, key?.fold("up"))), key?.fold("down"));
  }
}

/** The addresses and shapes of the parameters that a decoder of this configuration has beside packed ones. */
export function plannedParameters(config: DecoderConfig, project: Project = dense): Readonly<Record<string, Tensor>> {
  const weights = Weights.planned();
  new Decoder(weights, config, { project });
  return weights.parameters;
}
