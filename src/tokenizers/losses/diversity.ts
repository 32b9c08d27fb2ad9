import { maskedMean } from "#nn";
import type { Tensor } from "#tensor";
import { pairsOf } from "./pairs.ts";

/**
 * How alike an item's own tokens are: the mean over rows and pairs of ways of their squared cosine; 0 where all are orthogonal.
 * tokens [B, K, W], K > 1, present [B] bool → [].
 */
export function diversity(tokens: Tensor, present?: Tensor): Tensor {
  const lengths = tokens.mul(tokens).sum(-1, { keepDims: true }).add(1e-12).sqrt();
  const unit = tokens.div(lengths); // [B, K, W]
  const pairs = pairsOf(Number(tokens.shape[1]));
  const each = pairs.map(([a, b]) => {
    const cosine = unit.at(1, a).mul(unit.at(1, b)).sum(-1); // [B]
    return maskedMean(cosine.mul(cosine), present);
  });
  return each.reduce((sum, pair) => sum.add(pair)).div(pairs.length);
}
