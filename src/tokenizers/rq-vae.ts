/**
 * Residual quantisation: one latent, K codebooks one after the other, each for what those before left over.
 *   r_0 = z = encode(mask(x) + p),  q_k = nearest of codebook k to r_k,  r_(k+1) = r_k − q_k,  x̂ = decode(z + sg(Σ_k q_k − z))
 *   auxiliary Σ_k |sg(r_k) − q_k|² + 0.25 |r_k − sg(q_k)|²
 * Source: RQ-VAE (arXiv 2107.03312, 2203.01941) as TIGER uses it (arXiv 2305.05065): commitment 0.25, codebooks that start
 * by k-means over a first batch of latents.
 * Differs: a codebook learns from its own residual alone; the latent is as wide as a token, and encoder, mask and decoder are
 * those of the additive tokenizer, so that a comparison is one of bottlenecks; no further code where items collide.
 */
import { Embedding, normal, type Weights } from "#nn";
import type { Key, TracedKey } from "#random";
import { type Arrays, stack, type Tensor } from "#tensor";
import { codebookStart } from "./codebook-start.ts";
import { LatentDecoder } from "./decoder.ts";
import type { Cluster, DiscreteItemTokenizer, TrainedTokens } from "./item-tokenizer.ts";
import { MaskedInput } from "./masked-input.ts";
import type { QuantisedOptions } from "./mq.ts";
import { nearestCodes, quantisationLoss } from "./quantise.ts";
import { WayEncoder } from "./way-encoder.ts";

interface Level {
  readonly codes: Tensor; // [B] int32
  readonly residual: Tensor; // [B, W], what the level was given; its gradient is the latent's
  readonly quantised: Tensor; // [B, W]
}

export class RqVaeTokenizer implements DiscreteItemTokenizer {
  readonly #input: MaskedInput;
  readonly #encoder: WayEncoder;
  readonly #codebooks: readonly Embedding[]; // K of [C, W]
  readonly #decoder: LatentDecoder;

  constructor(
    weights: Weights,
    private readonly options: QuantisedOptions,
  ) {
    const { ways, width, codes } = options;
    this.#input = new MaskedInput(weights, options);
    this.#encoder = new WayEncoder(weights.at("encoder"), 0, options);
    this.#codebooks = Array.from({ length: ways }, (_, level) => {
      // Each level finds about half of what the one before found.
      const init = normal(0.5 ** level / Math.sqrt(width));
      return new Embedding(weights.at("codebooks").at(level), codes, width, init);
    });
    this.#decoder = new LatentDecoder(weights, options);
  }

  tokens(x: Tensor, key?: TracedKey): Tensor {
    if (key !== undefined) return this.trained(x, key).tokens;
    return this.#scaled(this.#levels(this.#latent(x)).map(({ quantised }) => quantised));
  }

  reconstruct(tokens: Tensor): Tensor {
    return this.#decoder.forward(tokens.sum(1).div(Math.sqrt(this.options.width)));
  }

  lead(tokens: Tensor): Tensor {
    return tokens.sum(-2, { keepDims: true }); // each says what those before left over
  }

  trained(x: Tensor, key: TracedKey, present?: Tensor): TrainedTokens {
    const { ways } = this.options;
    const latent = this.#latent(x, key);
    const levels = this.#levels(latent);
    // Straight through over the sum: each token bears its share of the latent's gradient, and no value.
    const through = latent.sub(latent.stopGradient()).div(ways);
    return {
      tokens: this.#scaled(levels.map(({ quantised }) => quantised.stopGradient().add(through))),
      auxiliary: levels
        .map(({ residual, quantised }) => quantisationLoss(residual, quantised, present))
        .reduce((sum, loss) => sum.add(loss)),
    };
  }

  codes(x: Tensor): Tensor {
    return stack(
      this.#levels(this.#latent(x)).map(({ codes }) => codes),
      1,
    );
  }

  latents(x: Tensor): Tensor {
    return this.#latent(x).unsqueeze(1);
  }

  codebooks(latents: Float32Array, cluster: Cluster, key: Key): Arrays {
    const { ways, width, codes } = this.options;
    const residual = latents.slice();
    const each = Array.from({ length: ways }, (_, level) => {
      const { groupOf, centres } = cluster(residual, width, codes, key.fold(level));
      groupOf.forEach((group, row) => {
        for (let k = 0; k < width; k++) residual[row * width + k] -= centres[group * width + k];
      });
      return centres;
    });
    return codebookStart(each, codes, width, key);
  }

  /** |r_k| over all levels, as means over rows of squared lengths [K + 1]: what is left before each level, and at last. */
  residuals(x: Tensor): Tensor {
    const latent = this.#latent(x);
    const levels = this.#levels(latent);
    const last = levels[levels.length - 1];
    const left = [...levels.map(({ residual }) => residual), last.residual.sub(last.quantised)];
    return stack(
      left.map((residual) => residual.mul(residual).sum(-1).mean()),
      0,
    );
  }

  #latent(x: Tensor, key?: TracedKey): Tensor {
    return this.#encoder.forward(this.#input.forward(x, key));
  }

  #levels(latent: Tensor): Level[] {
    let residual = latent;
    return this.#codebooks.map((codebook) => {
      const codes = nearestCodes(residual, codebook);
      const level = { codes, residual, quantised: codebook.forward(codes) };
      residual = residual.sub(level.quantised.stopGradient());
      return level;
    });
  }

  /** K of [B, W] → [B, K, W] */
  #scaled(each: readonly Tensor[]): Tensor {
    return stack(each, 1).mul(Math.sqrt(this.options.width));
  }
}
