/**
 * The true item before others under the same condition, noise and step:  mean over pairs of −log σ(e⁻ − e⁺),
 * e the mean squared error of what is said of the noisy item. Errors of a wrong item are to be the larger ones.
 * Source: DeftRec (arXiv 2504.12007), L_neg. Differs from the authors' code, where one σ is taken of the batch's mean errors
 * and the wrong item is the average of ten: here each sample and each of its M negatives is a pair of its own.
 */
import { bpr } from "#nn";
import type { Tensor } from "#tensor";

/** Errors of the true items [P] and of their negatives [P, M], mask [P] → []. */
export function pairPreference(positive: Tensor, negatives: Tensor, mask?: Tensor): Tensor {
  // A smaller error is a higher score.
  const scores = negatives.neg();
  return bpr(positive.neg().unsqueeze(-1), scores, mask?.unsqueeze(-1).expand(scores.shape));
}

/** Mean squared error of each sample: [..., D] twice → [...]. */
export function squaredErrors(said: Tensor, target: Tensor): Tensor {
  const error = said.sub(target);
  return error.mul(error).mean(-1);
}
