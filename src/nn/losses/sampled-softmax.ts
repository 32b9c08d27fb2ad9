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

/** Scores and what is known about how the wrong ones were drawn. */
export interface Sampled {
  /** Score of the right item: [...]. */
  readonly positive: Tensor;
  /** Scores of the sampled items: [..., K]. */
  readonly negative: Tensor;
  /** Log probability of each sampled item in one draw: [K], [..., K], or a number where all are alike. Absent: no correction. */
  readonly logQ?: Operand;
  /** The right items' indices [...] and the sampled ones' [K] or [..., K], to leave out a sample that is the target. */
  readonly items?: { readonly target: Tensor; readonly sampled: Tensor };
}

/** Cross-entropy of the right item among sampled ones, corrected for how they were drawn; mask [...] as in `maskedMean`. */
export function sampledSoftmax(scores: Sampled, mask?: Tensor): Tensor {
  const { positive, negative } = scores;
  if (showShape(negative.shape.slice(0, -1)) !== showShape(positive.shape)) {
    throw new ShapeError(
      `sampledSoftmax: expected negative scores of shape ${showShape([...positive.shape, "K"])}, one row a positive score, got ${negative.label}.`,
    );
  }
  const shift = shifts(scores);
  const others = (shift === undefined ? negative : negative.add(shift)).logSumExp(-1);
  return maskedMean(others.sub(positive).softplus(), mask);
}

/** What is added to the negative scores. No gradient flows here, so a choice costs nothing on the way back. */
function shifts({ negative, logQ, items }: Sampled): Tensor | undefined {
  const draws = negative.shape[negative.rank - 1];
  if (typeof draws !== "number")
    throw new ShapeError(`sampledSoftmax: expected a number of samples in ${negative.label}.`);
  const correction =
    logQ === undefined
      ? undefined
      : typeof logQ === "number"
        ? constant(-logQ - Math.log(draws))
        : logQ.neg().sub(Math.log(draws)).stopGradient();
  if (items === undefined) return correction;
  const isTarget = items.target.unsqueeze(-1).equal(items.sampled);
  return constant(LOWEST).where(isTarget, correction ?? 0);
}
