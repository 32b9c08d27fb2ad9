/**
 * An exponential moving average of the weights, to validate, save and serve in their place (Polyak and Juditsky, 1992).
 *   a ← d a + (1-d) w,  d = min(decay, (1+t)/(10+t)) at step t
 * so that the first steps' average follows the weights instead of remembering how they were drawn (TensorFlow's
 * ExponentialMovingAverage with num_updates).
 */
import { type Arrays, float32, type NdArray } from "#tensor";
import { Chain, chain, type Link, type State, type Update } from "./chain.ts";

/** `optimizer`, whose `averaged` weights are a moving average of what it trains; a decay of 0 changes nothing. */
export function movingAverage(decay: number, optimizer: Chain): Chain {
  return decay === 0 ? optimizer : chain(optimizer, new Chain([new Average(decay)]));
}

class Average implements Link {
  constructor(private readonly decay: number) {}

  init(parameters: Arrays): Record<string, NdArray> {
    return Object.fromEntries(
      Object.entries(parameters).map(([address, { shape, data }]) => [
        `average/${address}`,
        float32(Float32Array.from(data as Float32Array), shape),
      ]),
    );
  }

  apply({ parameters, step }: Update, state: State): Readonly<Record<string, number>> {
    const fresh = 1 - Math.min(this.decay, (1 + step) / (10 + step));
    for (const name in state) {
      if (!name.startsWith("average/")) continue;
      // Both were made by init, as float32.
      follow(state[name].data as Float32Array, parameters[name.slice("average/".length)].data as Float32Array, fresh);
    }
    return {};
  }

  averaged(parameters: Arrays, state: State): Arrays {
    return Object.fromEntries(
      Object.entries(parameters).map(([address, array]) => [address, state[`average/${address}`] ?? array]),
    );
  }
}

function follow(average: Float32Array, weights: Float32Array, fresh: number): void {
  for (let at = 0; at < average.length; at++) average[at] += fresh * (weights[at] - average[at]);
}
