/**
 * The robust item tokenizer: one vector becomes K continuous tokens whose mean says it all.
 *   m = mask(x) + p                      each input feature 0 with probability ρ, in training only; p is learned
 *   z_k = √W (A_k m + MLP_k(m)) + σ ε    σ ~ N(0, C²) one scalar a vector, ε ~ N(0, I), both in training only
 *   x̂ = decode(mean_k z_k / √W)         auxiliary: β |μ|² + barlow · between ways + diversity · within an item
 * Source: DeftRec (arXiv 2504.12007), tokenizer section, with ContRec's σ-VAE noise (v3); authors' code
 * Quhaoh233/DeftRec@f29f02a and Quhaoh233/ContRec@fb09d68.
 * Differs: noise is drawn afresh at each step (theirs was a constant); layer norm instead of batch norm, which depends on
 * the batch's company; what the files of its parts say.
 */
import type { Weights } from "#nn";
import { normal as gaussian, type TracedKey } from "#random";
import { stack, type Tensor } from "#tensor";
import { LatentDecoder } from "./decoder.ts";
import type { ItemTokenizer, ItemTokenizerOptions, TrainedTokens } from "./item-tokenizer.ts";
import { barlowTwins, diversity, meanSquare } from "./losses/index.ts";
import { MaskedInput } from "./masked-input.ts";
import { WayEncoder } from "./way-encoder.ts";

export interface AdditiveOptions extends ItemTokenizerOptions {
  /** C. */
  readonly noise: number;
  /** β, the weight of the means' squares, as of a KL divergence from N(0, 1); 0 where absent. */
  readonly beta?: number;
  /** Weight of the Barlow-Twins loss between ways; 0 where absent. */
  readonly barlow?: number;
  /** Weight of the squared cosine between an item's tokens; 0 where absent. */
  readonly diversity?: number;
}

export class AdditiveTokenizer implements ItemTokenizer {
  readonly #input: MaskedInput;
  readonly #encoders: readonly WayEncoder[];
  readonly #decoder: LatentDecoder;

  constructor(
    weights: Weights,
    private readonly options: AdditiveOptions,
  ) {
    this.#input = new MaskedInput(weights, options);
    const encoders = weights.at("encoders");
    this.#encoders = Array.from({ length: options.ways }, (_, way) => new WayEncoder(encoders.at(way), way, options));
    this.#decoder = new LatentDecoder(weights, options);
  }

  tokens(x: Tensor, key?: TracedKey): Tensor {
    return this.#noisy(this.#means(x, key), key);
  }

  reconstruct(tokens: Tensor): Tensor {
    return this.#decoder.forward(tokens.mean(1).div(Math.sqrt(this.options.width))); // the additive part
  }

  lead(tokens: Tensor): Tensor {
    return tokens.slice(-2, 0, 1); // it starts as the vector itself; the others are views of it, which a mean would mix in
  }

  trained(x: Tensor, key: TracedKey, present?: Tensor): TrainedTokens {
    const means = this.#means(x, key);
    const auxiliary = this.#auxiliary(means, present);
    return { tokens: this.#noisy(means, key), ...(auxiliary && { auxiliary }) };
  }

  /** μ [B, K, W], in units in which a unit vector's features are of the order of 1. */
  #means(x: Tensor, key: TracedKey | undefined): Tensor {
    const input = this.#input.forward(x, key);
    const each = this.#encoders.map((encoder) => encoder.forward(input));
    return stack(each, 1).mul(Math.sqrt(this.options.width));
  }

  #noisy(means: Tensor, key: TracedKey | undefined): Tensor {
    const { noise } = this.options;
    if (key === undefined || noise === 0) return means;
    const scale = gaussian(key.fold("scale"), [means.shape[0], 1, 1]).mul(noise);
    return means.add(gaussian(key.fold("noise"), means.shape).mul(scale));
  }

  /** The weighted sum of what is asked for; undefined where nothing is. */
  #auxiliary(means: Tensor, present: Tensor | undefined): Tensor | undefined {
    const { beta = 0, barlow = 0, diversity: apart = 0, ways } = this.options;
    const parts: Tensor[] = [];
    if (beta > 0) parts.push(meanSquare(means, present).mul(beta));
    if (barlow > 0 && ways > 1) parts.push(barlowTwins(means, present).mul(barlow));
    if (apart > 0 && ways > 1) parts.push(diversity(means, present).mul(apart));
    return parts.length === 0 ? undefined : parts.reduce((sum, part) => sum.add(part));
  }
}
