/**
 * The robust item tokenizer: one vector becomes K continuous tokens whose mean says it all.
 *   m = mask(x) + p                      each input feature 0 with probability ρ, in training only; p is learned
 *   z_k = √W (A_k m + MLP_k(m)) + σ ε    σ ~ N(0, C²) one scalar a vector, ε ~ N(0, I), both in training only
 *   x̂ = decode(mean_k z_k / √W)
 * Source: DeftRec (arXiv 2504.12007), tokenizer section, with ContRec's σ-VAE noise (v3); authors' code
 * Quhaoh233/DeftRec@f29f02a and Quhaoh233/ContRec@fb09d68.
 * Differs: masks are drawn for each row and never written into x (theirs overwrote the first row and masked in evaluation
 * too); noise is drawn afresh at each step (theirs was a constant); a straight part A_k beside the MLP and no final ReLU,
 * so that signs survive; layer norm instead of batch norm, which depends on the batch's company.
 */
import { FeedForward, filled, type Init, LayerNorm, Linear, normal, type Weights } from "#nn";
import { bernoulli, normal as gaussian, type TracedKey } from "#random";
import { stack, type Tensor } from "#tensor";

export interface AdditiveOptions {
  /** Width D of what is tokenized. */
  readonly dim: number;
  /** Width W of a token. */
  readonly width: number;
  /** K. */
  readonly ways: number;
  readonly hidden: number;
  /** ρ. */
  readonly mask: number;
  /** C. */
  readonly noise: number;
}

export class AdditiveTokenizer {
  readonly #offset: Tensor; // [D]
  readonly #encoders: readonly WayEncoder[];
  readonly #norm: LayerNorm;
  readonly #decoder: FeedForward;
  readonly #out: Linear;

  constructor(
    weights: Weights,
    private readonly options: AdditiveOptions,
  ) {
    const { dim, width, ways, hidden } = options;
    this.#offset = weights.tensor("offset", [dim], filled(0));
    const encoders = weights.at("encoders");
    this.#encoders = Array.from({ length: ways }, (_, way) => new WayEncoder(encoders.at(way), way, options));
    this.#norm = new LayerNorm(weights.at("norm"), width);
    this.#decoder = new FeedForward(weights.at("decoder"), width, {
      hidden,
      dropout: 0,
      activation: (x) => x.gelu(),
    });
    this.#out = new Linear(weights.at("out"), width, dim);
  }

  /** x [B, D] → tokens [B, K, W]; with a key as in training: masked, and with noise. */
  tokens(x: Tensor, key?: TracedKey): Tensor {
    const { width, noise } = this.options;
    const input = this.#masked(x, key?.fold("mask")).add(this.#offset);
    const each = this.#encoders.map((encoder) => encoder.forward(input));
    const means = stack(each, 1).mul(Math.sqrt(width)); // [B, K, W]
    if (key === undefined || noise === 0) return means;
    const scale = gaussian(key.fold("scale"), [x.shape[0], 1, 1]).mul(noise);
    return means.add(gaussian(key.fold("noise"), means.shape).mul(scale));
  }

  /** tokens [B, K, W] → x̂ [B, D] */
  reconstruct(tokens: Tensor): Tensor {
    const pooled = tokens.mean(1).div(Math.sqrt(this.options.width)); // the additive part
    return this.#out.forward(this.#decoder.forward(this.#norm.forward(pooled)).add(pooled));
  }

  #masked(x: Tensor, key: TracedKey | undefined): Tensor {
    const { mask } = this.options;
    if (key === undefined || mask === 0) return x;
    return x.mul(bernoulli(key, 1 - mask, x.shape).cast("float32"));
  }
}

/** One of the K encoders: A x + MLP(x). */
class WayEncoder {
  readonly #straight: Linear;
  readonly #up: Linear;
  readonly #down: Linear;

  constructor(weights: Weights, way: number, { dim, width, hidden }: AdditiveOptions) {
    // The first token starts as the vector itself, the others as other views of it: ways that start alike stay alike.
    const init = way === 0 && dim === width ? identity : normal(1 / Math.sqrt(dim));
    this.#straight = new Linear(weights.at("straight"), dim, width, { bias: false, init });
    this.#up = new Linear(weights.at("up"), dim, hidden);
    this.#down = new Linear(weights.at("down"), hidden, width, { init: normal(0.02) });
  }

  /** x [B, D] → [B, W] */
  forward(x: Tensor): Tensor {
    return this.#straight.forward(x).add(this.#down.forward(this.#up.forward(x).gelu()));
  }
}

const identity: Init = (_, data, [rows]) => {
  for (let at = 0; at < rows; at++) data[at * rows + at] = 1;
};
