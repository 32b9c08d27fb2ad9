/**
 * Cross-entropy against a sample of the catalogue instead of all of it.
 *   n'_j = n_j - log(K q_j), or nothing where item j is the target itself
 *   loss = mean of  log(exp p + Σ_j exp n'_j) - p        p [...], n [..., K]
 * q_j is the probability that one draw gives item j, so that Σ_j exp n'_j estimates, without bias, what all wrong items
 * together put into the full softmax.
 * Source: Bengio and Senécal, IEEE TNN 19(4), 2008: the right item enters as it is, wrong ones by importance.
 * Differs: TensorFlow's sampled_softmax_loss and two-tower retrieval (Yi et al., RecSys 2019) correct p as well; with
 * uniform q the corrections then cancel and the estimate is of no softmax over the catalogue.
 */
import { ShapeError } from "#base";
import { constant, type Operand, showShape, type Tensor } from "#tensor";
import { LOWEST } from "../attention.ts";
import { maskedMean } from "./masked-mean.ts";

/** Scores, and how the wrong items were drawn. */
export interface Sampled {
  /** Score of the right item: [...]. */
  readonly positive: Tensor;
  /** Scores of the sampled items: [..., K]. */
  readonly negatives: Tensor;
  /** Index of the right item: [...], int32. */
  readonly targets: Tensor;
  /** Indices of the sampled items: [K] where all share them, or [..., K]; int32. */
  readonly sampled: Tensor;
  /** Log probability of each sampled item in one draw: a number where all are alike, [K] or [..., K]. Absent: no correction. */
  readonly logQ?: Operand;
}

/**
 * Cross-entropy of the right item among sampled ones, corrected for how they were drawn; mask [...] as in `maskedMean`.
 * @example sampledSoftmax({ positive, negatives, targets, sampled, logQ: -Math.log(catalogueSize) }, targets.greater(0))
 */
export function sampledSoftmax(scores: Sampled, mask?: Tensor): Tensor {
  const { positive, negatives } = scores;
  if (showShape(negatives.shape.slice(0, -1)) !== showShape(positive.shape)) {
    throw new ShapeError(
      `sampledSoftmax: expected one row of negative scores for each positive one, got ${positive.label} and ${negatives.label}.`,
    );
  }
  const shifted = negatives.add(shift(scores));
  // Spelt out, because the gradient then reuses `powers`; logSumExp takes twice the time here (one scalar exp an element).
  const highest = shifted.max(-1, { keepDims: true }).stopGradient();
  const powers = shifted.sub(highest).exp();
  const others = powers.sum(-1).log().add(highest.squeeze(-1)); // [...]
  return maskedMean(others.sub(positive).softplus(), mask);
}

/** What is added to the negative scores. No gradient flows here, so the choice costs nothing on the way back. */
function shift({ negatives, targets, sampled, logQ }: Sampled): Tensor {
  const isTarget = targets.unsqueeze(-1).equal(sampled); // [..., K]
  if (logQ === undefined) return constant(LOWEST).where(isTarget, 0);
  const draws = Number(negatives.shape[negatives.rank - 1]);
  const correction =
    typeof logQ === "number" ? -logQ - Math.log(draws) : logQ.stopGradient().neg().sub(Math.log(draws));
  return constant(LOWEST).where(isTarget, correction);
}
