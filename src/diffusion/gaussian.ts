/**
 * A chain of Gaussian noise in closed form, steps t = 0..S−1:
 *   forward    q(x_t | x_0) = N(√ᾱ_t x_0, (1 − ᾱ_t) I)
 *   posterior  q(x_s | x_t, x_0) = N(c0 x_0 + ct x_t, v I) for any earlier step s (s = −1: x_0 itself)
 * Source: DDPM (arXiv 2006.11239), equations 4 to 7; strided as in DDIM (arXiv 2010.02502), equation 12 with η.
 */
import type { Schedule } from "./schedules/schedule.ts";

/** How x_s follows from x_0 and x_t. */
export interface Transition {
  readonly clean: number;
  readonly noisy: number;
  /** Standard deviation of what is drawn. */
  readonly deviation: number;
}

/** Of what an ancestral step draws: that of the posterior ("small"), or all that the way back had added (β, "simple"). */
export type Variance = "posterior" | "added";

export class Gaussian {
  readonly alphaBar: Float64Array; // [S]

  constructor(
    schedule: Schedule,
    readonly steps: number,
  ) {
    this.alphaBar = schedule(steps);
  }

  /** √ᾱ_t, how much of the clean vector is left; 1 before the first step. */
  signal(step: number): number {
    return step < 0 ? 1 : Math.sqrt(this.alphaBar[step]);
  }

  /** √(1 − ᾱ_t), how much noise there is; 0 before the first step. */
  noise(step: number): number {
    return step < 0 ? 0 : Math.sqrt(1 - this.alphaBar[step]);
  }

  /** ½ log(ᾱ / (1 − ᾱ)), on which denoisers are conditioned: a scale that every schedule shares. */
  halfLogSnr(step: number): number {
    return Math.log(this.signal(step) / this.noise(step));
  }

  /** Signal and noise of a step. */
  level(step: number): { readonly signal: number; readonly noise: number } {
    return { signal: this.signal(step), noise: this.noise(step) };
  }

  /**
   * Ancestral step from t to s < t: the mean of q(x_s | x_t, x_0) and its deviation. That is exact where x_0 is known; where
   * it is estimated, its own variance is lost, which the whole variance of the way from s to t, `added`, makes up for.
   */
  ancestral(from: number, to: number, variance: Variance = "posterior"): Transition {
    const [here, there] = [this.alphaBar[from], to < 0 ? 1 : this.alphaBar[to]];
    const alpha = here / there;
    const share = variance === "posterior" ? (1 - there) / (1 - here) : Number(to >= 0);
    return {
      clean: (Math.sqrt(there) * (1 - alpha)) / (1 - here),
      noisy: (Math.sqrt(alpha) * (1 - there)) / (1 - here),
      deviation: Math.sqrt(share * (1 - alpha)),
    };
  }

  /** Implicit step: deterministic with η = 0, the ancestral one with η = 1. */
  implicit(from: number, to: number, eta: number): Transition {
    const deviation = eta * this.ancestral(from, to).deviation;
    const direction = Math.sqrt(Math.max(0, this.noise(to) ** 2 - deviation ** 2)) / this.noise(from);
    return { clean: this.signal(to) - direction * this.signal(from), noisy: direction, deviation };
  }
}

/** `count` steps of 0..steps−1, evenly spread, falling; the first is steps − 1, the right end to start from; all of them where `count` is as many. */
export function strided(steps: number, count: number): number[] {
  const taken = Math.max(1, Math.min(count, steps));
  return Array.from({ length: taken }, (_, at) => Math.floor((steps * (taken - at)) / taken) - 1);
}
