/**
 * How noise grows: ᾱ_t = Π_{s ≤ t} (1 − β_s), the share of the clean vector's variance that is left at step t of 0..S−1.
 * A schedule is a file in schedules/ that gives β or ᾱ; everything else about a chain follows (gaussian.ts).
 */

/** ᾱ of every step, falling: [S]. */
export type Schedule = (steps: number) => Float64Array;

/** ᾱ out of the variance that each step adds. */
export function fromBetas(steps: number, beta: (step: number) => number): Float64Array {
  const alphaBar = new Float64Array(steps);
  let product = 1;
  for (let step = 0; step < steps; step++) {
    product *= 1 - beta(step);
    alphaBar[step] = product;
  }
  return alphaBar;
}
