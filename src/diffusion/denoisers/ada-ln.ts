/**
 * Residual blocks whose normalisation is steered by noise level and condition (AdaLN-Zero).
 *   u = W_x x + W_h h          c = silu(MLP(features) + W_h h)
 *   u ← u + (1 + g) · MLP(LN(u)(1 + s) + b)     (s, b, g) = Linear(c), which starts at zero
 *   out = Linear(drop(LN u)) + h               where the condition is as wide as the vectors, else without + h
 * Source: DiT (arXiv 2212.09748), section 3.2, for vectors. Differs: g starts at 0 beside a 1, so that a block's first
 * word is heard; the condition is carried into the output, which then only corrects it.
 */
import { dropout, FeedForward, filled, LayerNorm, Linear, type Weights } from "#nn";
import type { TracedKey } from "#random";
import { constant, float32, type Tensor } from "#tensor";
import type { Denoiser } from "./denoiser.ts";

export interface AdaLnOptions {
  /** Width D of the vectors. */
  readonly dim: number;
  /** Width C of the condition. */
  readonly condition: number;
  readonly features: number;
  readonly hidden: number;
  readonly blocks: number;
  readonly dropout: number;
}

export class AdaLnDenoiser implements Denoiser {
  readonly #noisy: Linear;
  readonly #condition: Linear;
  readonly #time: readonly [Linear, Linear];
  readonly #blocks: readonly AdaLnBlock[];
  readonly #norm: LayerNorm;
  readonly #output: Linear;

  constructor(
    weights: Weights,
    private readonly options: AdaLnOptions,
  ) {
    const { dim, condition, features, hidden, blocks } = options;
    this.#noisy = new Linear(weights.at("noisy"), dim, hidden);
    this.#condition = new Linear(weights.at("condition"), condition, hidden);
    const time = weights.at("time");
    this.#time = [new Linear(time.at(0), features, hidden), new Linear(time.at(1), hidden, hidden)];
    this.#blocks = Array.from({ length: blocks }, (_, at) => new AdaLnBlock(weights.at("blocks").at(at), options));
    this.#norm = new LayerNorm(weights.at("norm"), hidden);
    this.#output = new Linear(weights.at("output"), hidden, dim);
  }

  forward(noisy: Tensor, features: Tensor, condition: Tensor, key?: TracedKey): Tensor {
    return this.parts(noisy, features, condition, key).said;
  }

  parts(noisy: Tensor, features: Tensor, condition: Tensor, key?: TracedKey) {
    const { dim, condition: width, dropout: rate } = this.options;
    const asked = this.#condition.forward(condition); // [B, hidden]
    const level = this.#time[1].forward(this.#time[0].forward(features).silu());
    const steering = level.add(asked).silu();
    let u = this.#noisy.forward(noisy).add(asked);
    this.#blocks.forEach((block, at) => {
      u = block.forward(u, steering, key?.fold(at));
    });
    const hidden = this.#norm.forward(u);
    const out = this.#output.forward(dropout(hidden, rate, key?.fold("output")));
    return { said: width === dim ? out.add(condition) : out, hidden };
  }
}

class AdaLnBlock {
  readonly #steer: Linear;
  readonly #feedForward: FeedForward;
  readonly #plain: { readonly scale: Tensor; readonly shift: Tensor };

  constructor(
    weights: Weights,
    private readonly options: AdaLnOptions,
  ) {
    const { hidden, dropout: rate } = options;
    this.#steer = new Linear(weights.at("steer"), hidden, 3 * hidden, { init: filled(0) });
    this.#feedForward = new FeedForward(weights.at("feedForward"), hidden, {
      hidden,
      dropout: rate,
      activation: (x) => x.gelu(),
    });
    // Scale and shift come from the steering, so that the normalisation has none of its own.
    this.#plain = { scale: row(hidden, 1), shift: row(hidden, 0) };
  }

  forward(u: Tensor, steering: Tensor, key?: TracedKey): Tensor {
    const { hidden } = this.options;
    const [scale, shift, gate] = this.#steer.forward(steering).split(-1, [hidden, hidden, hidden]);
    const normed = u.layerNorm(this.#plain.scale, this.#plain.shift, 1e-5);
    const inner = this.#feedForward.forward(normed.mul(scale.add(1)).add(shift), key);
    return u.add(inner.mul(gate.add(1)));
  }
}

function row(width: number, value: number): Tensor {
  return constant(float32(new Float32Array(width).fill(value), [width]));
}
