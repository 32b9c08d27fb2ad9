import type { Tensor } from "#tensor";
import { maskedMean } from "./masked-mean.ts";

/**
 * Bayesian personalised ranking: scores of right and wrong items [...], mask [...] → [].
 *   mean of  -log σ(p - n)  =  softplus(n - p)
 * Source: arXiv 1205.2618, section 4; the L2 term is the optimizer's weight decay.
 */
export function bpr(positive: Tensor, negative: Tensor, mask?: Tensor): Tensor {
  return maskedMean(negative.sub(positive).softplus(), mask);
}
