/**
 * Masked K-way vector quantisation: K encoders over the masked vector, each with a codebook of its own.
 *   z_k = encode_k(mask(x) + p),  c_k = argmin_c |z_k − e_kc|²,  tokens √W (z_k + sg(q_k − z_k)),  x̂ = decode(mean_k q_k)
 *   auxiliary Σ_k |sg(z_k) − q_k|² + 0.25 |z_k − sg(q_k)|²
 * Source: TokenRec (arXiv 2406.10450), MQ-Tokenizer; ContRec's code keeps it as a discrete competitor (rec_tokenizer/vq.py).
 * Differs: straight-through gradients reach the encoders (in both codes the code was taken before they were put on, so that
 * encoders were never trained); x is not written into; no k-means anew every 50 epochs, only at the start; encoders and
 * decoder are those of the additive tokenizer, so that a comparison is one of bottlenecks.
 */
import { Embedding, normal, type Weights } from "#nn";
import type { Key, TracedKey } from "#random";
import { type Arrays, stack, type Tensor } from "#tensor";
import { codebookStart, waysOf } from "./codebook-start.ts";
import { LatentDecoder } from "./decoder.ts";
import type { Cluster, DiscreteItemTokenizer, ItemTokenizerOptions, TrainedTokens } from "./item-tokenizer.ts";
import { MaskedInput } from "./masked-input.ts";
import { nearestCodes, quantisationLoss, straightThrough } from "./quantise.ts";
import { WayEncoder } from "./way-encoder.ts";

export interface QuantisedOptions extends ItemTokenizerOptions {
  /** C, codes of a codebook. */
  readonly codes: number;
}

export class MqTokenizer implements DiscreteItemTokenizer {
  readonly #input: MaskedInput;
  readonly #encoders: readonly WayEncoder[];
  readonly #codebooks: readonly Embedding[]; // K of [C, W]
  readonly #decoder: LatentDecoder;

  constructor(
    weights: Weights,
    private readonly options: QuantisedOptions,
  ) {
    const { ways, width, codes } = options;
    const each = Array.from({ length: ways }, (_, way) => way);
    const init = normal(1 / Math.sqrt(width)); // codes of about length 1
    this.#input = new MaskedInput(weights, options);
    this.#encoders = each.map((way) => new WayEncoder(weights.at("encoders").at(way), way, options));
    this.#codebooks = each.map((way) => new Embedding(weights.at("codebooks").at(way), codes, width, init));
    this.#decoder = new LatentDecoder(weights, options);
  }

  tokens(x: Tensor, key?: TracedKey): Tensor {
    if (key !== undefined) return this.trained(x, key).tokens;
    const quantised = this.#each(x).map((z, way) => this.#codebooks[way].forward(this.#nearest(z, way)));
    return stack(quantised, 1).mul(Math.sqrt(this.options.width));
  }

  reconstruct(tokens: Tensor): Tensor {
    return this.#decoder.forward(tokens.mean(1).div(Math.sqrt(this.options.width)));
  }

  lead(tokens: Tensor): Tensor {
    return tokens.slice(-2, 0, 1); // it starts as the vector itself; the others are views of it, which a mean would mix in
  }

  trained(x: Tensor, key: TracedKey, present?: Tensor): TrainedTokens {
    const each = this.#each(x, key).map((z, way) => {
      const quantised = this.#codebooks[way].forward(this.#nearest(z, way)); // [B, W]
      return { token: straightThrough(z, quantised), loss: quantisationLoss(z, quantised, present) };
    });
    const tokens = stack(
      each.map(({ token }) => token),
      1,
    );
    return {
      tokens: tokens.mul(Math.sqrt(this.options.width)),
      auxiliary: each.map(({ loss }) => loss).reduce((sum, loss) => sum.add(loss)),
    };
  }

  codes(x: Tensor): Tensor {
    return stack(
      this.#each(x).map((z, way) => this.#nearest(z, way)),
      1,
    );
  }

  latents(x: Tensor): Tensor {
    return stack(this.#each(x), 1);
  }

  codebooks(latents: Float32Array, cluster: Cluster, key: Key): Arrays {
    const { ways, width, codes } = this.options;
    const each = waysOf(latents, ways, width).map((own, way) => {
      return cluster(own, width, codes, key.fold(way)).centres;
    });
    return codebookStart(each, codes, width, key);
  }

  /** z_k, K of [B, W] */
  #each(x: Tensor, key?: TracedKey): Tensor[] {
    const input = this.#input.forward(x, key);
    return this.#encoders.map((encoder) => encoder.forward(input));
  }

  #nearest(z: Tensor, way: number): Tensor {
    return nearestCodes(z, this.#codebooks[way]);
  }
}
