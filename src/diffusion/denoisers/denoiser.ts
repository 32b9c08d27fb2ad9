/** What a denoiser is: a noisy vector, its noise level and a condition go in, an estimate comes out. */
import type { TracedKey } from "#random";
import type { Tensor } from "#tensor";

export interface Denoiser {
  /** noisy [B, D], features of the step [B, F] or [1, F] (time-features.ts), condition [B, C] → [B, D]. */
  forward(noisy: Tensor, features: Tensor, condition: Tensor, key?: TracedKey): Tensor;
  /** The same, and what its last map reads: said [B, D], hidden [B, H]. */
  parts(noisy: Tensor, features: Tensor, condition: Tensor, key?: TracedKey): { said: Tensor; hidden: Tensor };
}
