import type { Tensor } from "#tensor";
import { maskedMean } from "./masked-mean.ts";

/**
 * Binary cross-entropy of scores of right and wrong items: positive [...], negative [...], mask [...] → [].
 *   mean of  -log σ(p) - log(1 - σ(n))  =  softplus(-p) + softplus(n)
 * Source: SASRec, arXiv 1808.09781, section III.E, with one negative a position.
 */
export function bce(positive: Tensor, negative: Tensor, mask?: Tensor): Tensor {
  return maskedMean(positive.neg().softplus().add(negative.softplus()), mask);
}
