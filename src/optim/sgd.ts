/**
 * Stochastic gradient descent with momentum.
 *   v ← μ v + g,   w ← w - rate · v     with Nesterov's look ahead:  w ← w - rate · (g + μ v)
 * Source: Sutskever et al., ICML 2013, in the form of PyTorch's SGD, where the rate stands outside the velocity; v starts
 * at 0. Without momentum a table's step costs as much as the rows it read.
 */
import { type Arrays, float32, type NdArray } from "#tensor";
import { Chain, type Link, type State, type Update } from "./chain.ts";
import type { Merged } from "./merged.ts";
import type { Schedule } from "./schedule.ts";

export interface SgdOptions {
  readonly rate: number | Schedule;
  /** Share μ of the velocity that stays from step to step; 0 when not said. */
  readonly momentum?: number;
  /** Steps along the gradient as it will be where the velocity leads. */
  readonly nesterov?: boolean;
}

/** Gradient descent, with momentum where it is asked for. */
export function sgd(options: SgdOptions): Chain {
  return new Chain([new Sgd(options)]);
}

class Sgd implements Link {
  constructor(private readonly options: SgdOptions) {}

  init(parameters: Arrays): Record<string, NdArray> {
    const { momentum = 0 } = this.options;
    if (momentum === 0) return {};
    return Object.fromEntries(
      Object.entries(parameters).map(([address, { shape, data }]) => [
        `velocity/${address}`,
        float32(new Float32Array(data.length), shape),
      ]),
    );
  }

  apply({ gradients, step }: Update, state: State): Readonly<Record<string, number>> {
    const { rate, momentum = 0, nesterov = false } = this.options;
    const now = typeof rate === "number" ? rate : rate(step);
    for (const merged of gradients) {
      if (momentum === 0) plainStep(merged, now);
      else momentumStep(merged, velocityOf(state, merged.address), now, momentum, nesterov);
    }
    return { rate: now };
  }
}

function plainStep({ weights, gradient, touched, scale, rate: factor }: Merged, rate: number): void {
  const by = rate * factor * scale;
  const descend = (from: number, to: number) => {
    for (let at = from; at < to; at++) weights[at] -= by * gradient[at];
  };
  if (touched === undefined) descend(0, weights.length);
  else {
    for (let at = 0; at < touched.count; at++) {
      const start = touched.rows[at] * touched.width;
      descend(start, start + touched.width);
    }
  }
}

// Rows that a step did not read move too: their velocity carries them on, as if the gradient were dense.
function momentumStep(
  { weights, gradient, scale, rate: factor }: Merged,
  velocity: Float32Array,
  rate: number,
  momentum: number,
  nesterov: boolean,
): void {
  const by = rate * factor;
  for (let at = 0; at < weights.length; at++) {
    const g = gradient[at] * scale;
    const v = momentum * velocity[at] + g;
    velocity[at] = v;
    weights[at] -= by * (nesterov ? g + momentum * v : v);
  }
}

function velocityOf(state: State, address: string): Float32Array {
  const data = state[`velocity/${address}`]?.data;
  if (data instanceof Float32Array) return data;
  throw new Error(`internal: sgd keeps no float32 array "velocity/${address}"; was init given this parameter?`);
}
