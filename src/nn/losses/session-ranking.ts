/**
 * The ranking losses of GRU4Rec, over negatives that a batch shares (p the right item's score, n_j the others'):
 *   top1     mean_j  σ(n_j - p) + σ(n_j²)
 *   bprMax   -log Σ_j q_j σ(p - n_j)  +  λ Σ_j q_j n_j²     with q = softmax(n)
 * Source: arXiv 1511.06939 (top1); arXiv 1706.03847 (bprMax with its score regularisation). A sample that is the target
 * has no share in either, as long as there is another.
 * Differs: the log of bprMax's sum is taken as logSumExp(n + log σ(p - n)) - logSumExp(n), which stays finite where the
 * authors add 1e-24.
 */
import { ShapeError } from "#base";
import { constant, showShape, type Tensor } from "#tensor";
import { LOWEST } from "../attention.ts";
import { maskedMean } from "./masked-mean.ts";
import type { Sampled } from "./sampled-softmax.ts";

/** What ranking losses look at: `Sampled` without how the samples were drawn. */
export type Ranked = Omit<Sampled, "logQ">;

/** Right items above sampled ones, whose scores are drawn to 0: mask [...] as in `maskedMean` → []. */
export function top1({ positive, negatives, targets, sampled }: Ranked, mask?: Tensor): Tensor {
  requireRows("top1", positive, negatives);
  const others = targets.unsqueeze(-1).equal(sampled).not().cast(positive.dtype); // [..., K], 0 at the target itself
  const costs = negatives.sub(positive.unsqueeze(-1)).sigmoid().add(negatives.mul(negatives).sigmoid());
  const count = others.sum(-1);
  return maskedMean(
    costs
      .mul(others)
      .sum(-1)
      .div(count.add(count.equal(0).cast(count.dtype))),
    mask,
  );
}

/** Right items above the highest of the sampled ones; `regularisation` is λ. mask [...] → []. */
export function bprMax(
  { positive, negatives, targets, sampled }: Ranked,
  regularisation: number,
  mask?: Tensor,
): Tensor {
  requireRows("bprMax", positive, negatives);
  const shifted = negatives.add(constant(LOWEST).where(targets.unsqueeze(-1).equal(sampled), 0)); // [..., K]
  const logSigmoid = negatives.sub(positive.unsqueeze(-1)).softplus().neg();
  const cost = logTotal(shifted).sub(logTotal(shifted.add(logSigmoid))); // [...]
  const power = shifted.softmax().mul(negatives.mul(negatives)).sum(-1);
  return maskedMean(cost.add(power.mul(regularisation)), mask);
}

// Spelt out: logSumExp takes twice the time here (see sampled-softmax.ts).
function logTotal(x: Tensor): Tensor {
  const highest = x.max(-1, { keepDims: true }).stopGradient();
  return x.sub(highest).exp().sum(-1).log().add(highest.squeeze(-1));
}

function requireRows(who: string, positive: Tensor, negatives: Tensor): void {
  if (showShape(negatives.shape.slice(0, -1)) === showShape(positive.shape)) return;
  throw new ShapeError(
    `${who}: expected one row of negative scores for each positive one, got ${positive.label} and ${negatives.label}.`,
  );
}
