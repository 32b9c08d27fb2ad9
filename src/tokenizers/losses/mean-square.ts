import { maskedMean } from "#nn";
import type { Tensor } from "#tensor";

/**
 * What a KL divergence from N(0, I) asks of means, beside a constant: the mean over rows, ways and width of μ².
 * means [B, K, W], present [B] bool → [].
 * Source: ContRec (arXiv 2504.12007 v3), the tokenizer's loss. Differs: every μ_k is squared and the mean taken over rows; the
 * authors' code takes the Frobenius norm of mean_k μ_k, whose root over the whole batch falls with its size.
 */
export function meanSquare(means: Tensor, present?: Tensor): Tensor {
  return maskedMean(means.mul(means).mean([1, 2]), present);
}
