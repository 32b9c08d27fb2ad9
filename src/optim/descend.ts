/** Adam's loop over numbers, for stretches of an array; `descendAll` does whole arrays four numbers at a time. */

/** What is the same for all elements of one parameter in one step. */
export interface Coefficients {
  readonly beta1: number;
  readonly beta2: number;
  /** What weights are multiplied by: 1 less what decays. */
  keep: number;
  /** With both bias corrections in it. */
  rate: number;
  /** With the second moment's bias correction in it. */
  epsilon: number;
  /** What gradients are multiplied by. */
  scale: number;
}

/**
 * Added and taken away again in float32, it rounds moments to multiples of 9e-38. Those of rows that nothing touches any
 * more so never decay to subnormal numbers (below 1.2e-38), with which some processors are a hundred times slower.
 */
export const TINY = Math.fround(1e-30);

/** One step of the elements from `from` to `to`. */
export function descend(
  weights: Float32Array,
  gradient: Float32Array,
  first: Float32Array,
  second: Float32Array,
  from: number,
  to: number,
  { beta1, beta2, keep, rate, epsilon, scale }: Coefficients,
): void {
  for (let at = from; at < to; at++) {
    const g = gradient[at] * scale;
    const m = Math.fround(beta1 * first[at] + (1 - beta1) * g + TINY) - TINY;
    const v = Math.fround(beta2 * second[at] + (1 - beta2) * g * g + TINY) - TINY;
    first[at] = m;
    second[at] = v;
    weights[at] = keep * weights[at] - (rate * m) / (Math.sqrt(v) + epsilon);
  }
}
