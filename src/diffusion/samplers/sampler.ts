/**
 * The way from noise back to a vector, unrolled into one graph:
 *   x ← c0 · x̂_0(x) + ct · x + deviation · z,   for each of `steps` strided steps from the last of the chain; then x̂_0
 *   x ← c0 e_said · said + (c0 e_noisy + ct) · x + deviation · z,   the same without x̂_0 in between, where nothing is done to it
 * A sampler is a file in samplers/ that says which transition is taken; what is estimated is the caller's (denoiser,
 * guidance, objective).
 */
import { ConfigError } from "#base";
import { normal, type TracedKey } from "#random";
import type { Tensor } from "#tensor";
import { type Gaussian, strided, type Transition, type Variance } from "../gaussian.ts";
import type { Says } from "../guidance.ts";
import type { Objective } from "../objectives/objective.ts";

export interface Sampling {
  readonly chain: Gaussian;
  /** How many steps are taken, at most those of the chain. */
  readonly steps: number;
  readonly objective: Objective;
  readonly says: Says;
  /** From where noise is drawn on the way; not needed by who draws none. */
  readonly key?: TracedKey;
  /** ddpm: of what is drawn (posterior). */
  readonly variance?: Variance;
  /** ddim: from 0, nothing is drawn, to 1, as much as by ddpm (0). */
  readonly eta?: number;
  /** What is done to an estimate of x_0 [B, D] before it is noised again; the last one stays as it was said. */
  readonly between?: (clean: Tensor, step: number) => Tensor;
}

/** Noise x_S [B, D], standard normal → vectors [B, D]. */
export type Sampler = (noise: Tensor, sampling: Sampling) => Tensor;

/** Walks the strided steps by `transition`. */
export function walk(
  who: string,
  noise: Tensor,
  { chain, steps, objective, says, key, between }: Sampling,
  transition: (from: number, to: number) => Transition,
): Tensor {
  const taken = strided(chain.steps, steps);
  let x = noise;
  for (const [at, step] of taken.entries()) {
    const said = says(x, step); // [B, D]
    const level = chain.level(step);
    if (at === taken.length - 1) return objective.clean(said, x, level);
    const { clean, noisy, deviation } = transition(step, taken[at + 1]);
    if (between === undefined) {
      const estimate = objective.estimate(level.signal, level.noise);
      x = said.mul(clean * estimate.said).add(x.mul(clean * estimate.noisy + noisy));
    } else {
      x = between(objective.clean(said, x, level), step)
        .mul(clean)
        .add(x.mul(noisy));
    }
    if (deviation > 0) x = x.add(normal(placeOf(who, key).fold(step), x.shape, deviation));
  }
  return x;
}

function placeOf(who: string, key: TracedKey | undefined): TracedKey {
  if (key !== undefined) return key;
  throw new ConfigError(
    `${who}: noise is drawn at each step, which needs a key. Give one, or sample by ddim with eta 0.`,
    {
      code: "missing-key",
      field: "key",
    },
  );
}
