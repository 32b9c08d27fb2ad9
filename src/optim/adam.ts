/**
 * Adam, and AdamW where weights decay.
 *   m ← β₁m + (1-β₁)g,  v ← β₂v + (1-β₂)g²,  w ← (1 - rate·decay) w - rate · m̂ / (√v̂ + ε),  m̂ = m/(1-β₁ᵗ), v̂ = v/(1-β₂ᵗ)
 * Source: arXiv 1412.6980, algorithm 1; decoupled decay arXiv 1711.05101, algorithm 2. Same numbers as PyTorch's Adam and
 * AdamW. Differs: t is the step of the training, also for a parameter whose first gradient comes late.
 */
import { type Arrays, float32, type NdArray } from "#tensor";
import { Chain, type Link, type State, type Update } from "./chain.ts";
import { type Coefficients, descend } from "./descend.ts";
import { descendAll } from "./descend-all.ts";
import type { Merged } from "./merged.ts";
import type { Schedule } from "./schedule.ts";

export interface AdamOptions {
  readonly rate: number | Schedule;
  /** Decay of the mean gradient and of its mean square; 0.9 and 0.999 when not said. */
  readonly betas?: readonly [number, number];
  readonly epsilon?: number;
  /** Share of the rate by which weights shrink in a step, apart from the gradient (AdamW). */
  readonly weightDecay?: number;
  /** Which addresses decay; all when not said. */
  readonly decays?: (address: string) => boolean;
  /**
   * Tables of which a step updates only the rows it read, moments and decay included (PyTorch's SparseAdam); their cost
   * is that of the batch. Others take every row's step, as if the gradient were dense. None when not said.
   */
  readonly touchedOnly?: (address: string) => boolean;
}

/** Adam with decoupled weight decay. */
export function adam(options: AdamOptions): Chain {
  return new Chain([new Adam(options)]);
}

class Adam implements Link {
  readonly #coefficients: Coefficients;

  constructor(private readonly options: AdamOptions) {
    const { betas = [0.9, 0.999] } = options;
    this.#coefficients = { beta1: betas[0], beta2: betas[1], keep: 1, rate: 0, epsilon: 0, scale: 1 };
  }

  init(parameters: Arrays): Record<string, NdArray> {
    const state: Record<string, NdArray> = {};
    for (const [address, { shape, data }] of Object.entries(parameters)) {
      state[`first/${address}`] = float32(new Float32Array(data.length), shape);
      state[`second/${address}`] = float32(new Float32Array(data.length), shape);
    }
    return state;
  }

  apply({ gradients, step }: Update, state: State): Readonly<Record<string, number>> {
    const rate = typeof this.options.rate === "number" ? this.options.rate : this.options.rate(step);
    for (const merged of gradients) this.#descend(merged, state, rate * merged.rate, step);
    return { rate };
  }

  #descend(merged: Merged, state: State, rate: number, step: number): void {
    const { epsilon = 1e-8, weightDecay = 0, decays, touchedOnly } = this.options;
    const { address, weights, gradient, touched } = merged;
    const use = this.#coefficients;
    // rate m̂ / (√v̂ + ε) with the corrections taken out of the loop: √(1-β₂ᵗ) of numerator and denominator cancel.
    const correction = Math.sqrt(1 - use.beta2 ** step);
    use.rate = (rate * correction) / (1 - use.beta1 ** step);
    use.epsilon = epsilon * correction;
    use.keep = decays?.(address) === false ? 1 : 1 - rate * weightDecay;
    use.scale = merged.scale;
    const first = moments(state, `first/${address}`);
    const second = moments(state, `second/${address}`);
    if (touched === undefined || touchedOnly?.(address) !== true) {
      descendAll(weights, gradient, first, second, use);
      return;
    }
    for (let at = 0; at < touched.count; at++) {
      const start = touched.rows[at] * touched.width;
      descend(weights, gradient, first, second, start, start + touched.width, use);
    }
  }
}

function moments(state: State, name: string): Float32Array {
  const data = state[name]?.data;
  if (data instanceof Float32Array) return data;
  throw new Error(`internal: adam keeps no float32 array "${name}"; was init given this parameter?`);
}
