import type { Tensor } from "#tensor";

/** What a denoiser says of noisy vectors [B, D] at a step, the condition being its own affair: [B, D]. */
export type Says = (noisy: Tensor, step: number) => Tensor;

/**
 * Classifier-free guidance: (1 + w) · what is said under the condition − w · what is said under none.
 *   w = 0 the condition alone (nothing else is computed), w = −1 none, w > 0 away from what anybody would get
 * Source: arXiv 2207.12598, equation 6. As the weights add up to 1, it is the same whether x_0, ε or v is said.
 */
export function guided(conditional: Says, unconditional: Says, strength: number): Says {
  if (strength === 0) return conditional;
  if (strength === -1) return unconditional;
  return (noisy, step) =>
    conditional(noisy, step)
      .mul(1 + strength)
      .sub(unconditional(noisy, step).mul(strength));
}
