/**
 * Attention whose query heads share key and value heads in groups of G = H / Hkv:
 *   softmax(Q Kᵀ / √d + mask) V
 * A whole text: the G query heads of a group stand below each other as rows, so that no key is repeated.
 * Behind a cache, which holds keys transposed, as products read them: `cachedAttention`.
 */
import { type Angles, RmsNorm, type Weights } from "#nn";
import type { TracedKey } from "#random";
import { mergeDims, type Tensor } from "#tensor";
import type { DecoderConfig } from "./config.ts";
import type { Project, Projection } from "./projection.ts";

export type { Angles } from "#nn";

/** What one layer keeps of the tokens before: P places, of which masks say which are taken. */
export interface LayerCache {
  readonly keys: Tensor; // [B, Hkv, 1, d, P]
  readonly values: Tensor; // [B, Hkv, 1, P, d]
}

/** Additive masks: of the cache [B, 1, 1, 1, P], and among the new tokens, broadcastable to [B, Hkv, G, S, S]. */
export interface OnwardMasks {
  readonly past: Tensor;
  readonly among: Tensor;
}

export class DecoderAttention {
  readonly #query: Projection;
  readonly #key: Projection;
  readonly #value: Projection;
  readonly #output: Projection;
  readonly #queryNorm: RmsNorm | undefined;
  readonly #keyNorm: RmsNorm | undefined;

  constructor(
    weights: Weights,
    private readonly config: DecoderConfig,
    project: Project,
  ) {
    const { dim, heads, keyValueHeads, headDim, epsilon, parts } = config;
    const bias = parts.queryKeyValueBias;
    this.#query = project(weights.at("query"), { inDim: dim, outDim: heads * headDim, bias });
    this.#key = project(weights.at("key"), { inDim: dim, outDim: keyValueHeads * headDim, bias });
    this.#value = project(weights.at("value"), { inDim: dim, outDim: keyValueHeads * headDim, bias });
    this.#output = project(weights.at("output"), { inDim: heads * headDim, outDim: dim, bias: parts.outputBias });
    if (parts.queryKeyNorm) {
      this.#queryNorm = new RmsNorm(weights.at("queryNorm"), headDim, epsilon);
      this.#keyNorm = new RmsNorm(weights.at("keyNorm"), headDim, epsilon);
    }
  }

  /** x [B, T, D], mask broadcastable to [B, H, T, T] → [B, T, D] */
  forward(x: Tensor, mask: Tensor, angles: Angles, key?: TracedKey): Tensor {
    const { heads, keyValueHeads, headDim } = this.config;
    const [batch, length] = x.shape;
    const { query, keys, values } = this.#heads(x, angles, 1, key);
    const rows = mergeDims([heads / keyValueHeads, length]);
    const grouped = query.reshape([batch, keyValueHeads, rows, headDim]); // [B, Hkv, G·T, d]
    const scores = grouped.matmul(keys, { transposeB: true, scale: 1 / Math.sqrt(headDim) }); // [B, Hkv, G·T, T]
    const shares = scores.reshape([batch, heads, length, length]).add(mask).softmax();
    const attended = shares.reshape([batch, keyValueHeads, rows, length]).matmul(values); // [B, Hkv, G·T, d]
    return this.#joined(attended.reshape([batch, heads, length, headDim]), key);
  }

  /** x [B, S, D] behind a cache → attended [B, S, D], and what to add to the cache: keys [B, Hkv, d, S], values [B, Hkv, S, d]. */
  onward(x: Tensor, cache: LayerCache, masks: OnwardMasks, angles: Angles) {
    const { query, keys, values } = this.#heads(x, angles, 1 / Math.sqrt(this.config.headDim));
    const turnedKeys = keys.swap(2, 3); // [B, Hkv, d, S]
    const attended = query.cachedAttention(turnedKeys, values, { ...cache, ...masks }); // [B, H, S, d]
    return { attended: this.#joined(attended), keys: turnedKeys, values };
  }

  /** Queries [B, H, T, d], times `scale`, and keys [B, Hkv, T, d], turned; values [B, Hkv, T, d]. */
  #heads(x: Tensor, angles: Angles, scale: number, key?: TracedKey) {
    const { heads, keyValueHeads, headDim } = this.config;
    const [batch, length] = x.shape;
    const split = (y: Tensor, count: number) => y.reshape([batch, length, count, headDim]);
    const turned = (y: Tensor, { cosines, sines }: Angles, norm?: RmsNorm) =>
      (norm?.forward(y) ?? y).swap(1, 2).rotary(cosines, sines);
    // Scaled angles scale what they turn: a few numbers are multiplied instead of all queries, in all layers the same ones.
    const scaled = scale === 1 ? angles : { cosines: angles.cosines.mul(scale), sines: angles.sines.mul(scale) };
    return {
      query: turned(split(this.#query.forward(x, key?.fold("query")), heads), scaled, this.#queryNorm),
      keys: turned(split(this.#key.forward(x, key?.fold("key")), keyValueHeads), angles, this.#keyNorm),
      values: split(this.#value.forward(x, key?.fold("value")), keyValueHeads).swap(1, 2),
    };
  }

  /** Heads [B, H, T, d] side by side, through the output projection. */
  #joined(attended: Tensor, key?: TracedKey): Tensor {
    const { heads, headDim } = this.config;
    const [batch, , length] = attended.shape;
    return this.#output.forward(attended.swap(1, 2).reshape([batch, length, heads * headDim]), key?.fold("output"));
  }
}
