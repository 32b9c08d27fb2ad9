/**
 * A denoiser of linear maps alone.
 *   c' = W₂ drop(gelu(W₁ LN(c)))      h₀ = x_t + c' + PE[t]      h ← h + U₂ drop(relu(U₁ drop(relu h))), twice
 * Source: DeftRec (arXiv 2504.12007); authors' code Quhaoh233/DeftRec@f29f02a, the "MLP" denoiser of width 512, condition 2048.
 * Differs: the authors rectify and drop the raw condition, which loses its signs; here it is normalised, mapped and bent. The
 * table PE of random rows is the caller's, as wide as the vectors: time-features.ts orders steps by their noise.
 */
import { dropout, LayerNorm, Linear, type Weights } from "#nn";
import type { TracedKey } from "#random";
import type { Tensor } from "#tensor";
import type { Denoiser } from "./denoiser.ts";

const BLOCKS = 2;

export interface PlainOptions {
  /** Width D of the vectors, of everything inside and of the step's features. */
  readonly dim: number;
  /** Width C of the condition. */
  readonly condition: number;
  readonly dropout: number;
}

export class PlainDenoiser implements Denoiser {
  readonly #norm: LayerNorm;
  readonly #condition: readonly [Linear, Linear];
  readonly #blocks: readonly (readonly [Linear, Linear])[];

  constructor(
    weights: Weights,
    private readonly options: PlainOptions,
  ) {
    const { dim, condition } = options;
    const read = weights.at("condition");
    this.#norm = new LayerNorm(read.at("norm"), condition);
    this.#condition = [new Linear(read.at("up"), condition, dim), new Linear(read.at("down"), dim, dim)];
    this.#blocks = Array.from({ length: BLOCKS }, (_, at) => {
      const block = weights.at("blocks").at(at);
      return [new Linear(block.at("up"), dim, dim), new Linear(block.at("down"), dim, dim)] as const;
    });
  }

  forward(noisy: Tensor, features: Tensor, condition: Tensor, key?: TracedKey): Tensor {
    return this.parts(noisy, features, condition, key).said;
  }

  /** Its last map is added to what it reads: what it says is its own last layer. */
  parts(noisy: Tensor, features: Tensor, condition: Tensor, key?: TracedKey) {
    const said = this.under(this.read(condition, key?.fold("condition")), noisy, features, key);
    return { said, hidden: said };
  }

  /** c', which a sampler reads once for all its steps: condition [B, C] → [B, D]. */
  read(condition: Tensor, key?: TracedKey): Tensor {
    const [up, down] = this.#condition;
    return down.forward(dropout(up.forward(this.#norm.forward(condition)).gelu(), this.options.dropout, key));
  }

  /** What is said of noisy [B, D] under a condition that was read [B, D], features [B, D] → [B, D]. */
  under(read: Tensor, noisy: Tensor, features: Tensor, key?: TracedKey): Tensor {
    const rate = this.options.dropout;
    let h = noisy.add(read).add(features);
    this.#blocks.forEach(([up, down], at) => {
      const place = key?.fold("blocks").fold(at);
      const inner = up.forward(dropout(h.relu(), rate, place?.fold("up")));
      h = h.add(down.forward(dropout(inner.relu(), rate, place?.fold("down"))));
    });
    return h;
  }
}
