/**
 * What a denoiser is asked to say of x_t = a x_0 + b ε, with signal a = √ᾱ_t and noise b = √(1 − ᾱ_t), and how x_0 and ε follow.
 * An objective is a file in objectives/. All are one estimate in different words: they differ in which noise levels weigh most.
 */
import type { Operand, Tensor } from "#tensor";

/** Signal and noise: numbers where a step is known while tracing, [B, 1] where each row has its own. */
export interface Level {
  readonly signal: Operand;
  readonly noise: Operand;
}

/** x̂_0 = said · what was said + noisy · what it was said of. */
export interface Estimate {
  readonly said: number;
  readonly noisy: number;
}

export interface Objective {
  /** What is to be said: clean [B, D], noise [B, D] → [B, D]. */
  target(clean: Tensor, noise: Tensor, level: Level): Tensor;
  /** x_0 from what was said of `noisy`: [B, D]. */
  clean(said: Tensor, noisy: Tensor, level: Level): Tensor;
  /** The same at a level of numbers, as weights: what a sampler folds into its own. */
  estimate(signal: number, noise: number): Estimate;
  /** ε from what was said of `noisy`: [B, D]. */
  noise(said: Tensor, noisy: Tensor, level: Level): Tensor;
}
