/**
 * How rotary frequencies f are slowed down for texts longer than those a model was first trained on.
 *   linear: f / factor      llama3: with wavelength λ = 2π / f and original length L,
 *     λ < L / high: f;   λ > L / low: f / factor;   between: (1 - s) f / factor + s f,  s = (L / λ - low) / (high - low)
 * Source: Llama 3.1's model card code (apply_scaling); linear: Chen et al. 2023 (arXiv 2306.15595).
 * `divisors`: what GGUF files store instead of the rule, one number a frequency.
 */
export type RopeScaling =
  | { readonly kind: "none" }
  | { readonly kind: "linear"; readonly factor: number }
  | {
      readonly kind: "llama3";
      readonly factor: number;
      readonly lowFactor: number;
      readonly highFactor: number;
      readonly originalLength: number;
    }
  | { readonly kind: "divisors"; readonly divisors: ArrayLike<number> };

/** The rule as a function of a frequency and its number. */
export function scaledFrequency(scaling: RopeScaling): (frequency: number, at: number) => number {
  if (scaling.kind === "none") return (frequency) => frequency;
  if (scaling.kind === "linear") return (frequency) => frequency / scaling.factor;
  if (scaling.kind === "divisors") return (frequency, at) => frequency / scaling.divisors[at];
  const { factor, lowFactor, highFactor, originalLength } = scaling;
  return (frequency) => {
    const turns = (originalLength * frequency) / (2 * Math.PI); // L / λ: how often it turns within the original length
    if (turns > highFactor) return frequency;
    if (turns < lowFactor) return frequency / factor;
    const share = (turns - lowFactor) / (highFactor - lowFactor);
    return (1 - share) * (frequency / factor) + share * frequency;
  };
}

/** The angle by which the pair (at, at + d/2) of a head of this width turns from one place to the next. */
export function frequencyOf(
  rope: { readonly base: number; readonly scaling: RopeScaling },
  headDim: number,
  at: number,
) {
  return scaledFrequency(rope.scaling)(rope.base ** ((-2 * at) / headDim), at);
}
