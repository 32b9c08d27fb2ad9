import type { Tensor } from "#tensor";
import { maskedMean } from "./masked-mean.ts";

/**
 * Mean squared error: prediction [..., D], target [..., D], mask [...] → [].
 *   mean over positions and width of (prediction - target)²
 */
export function mse(prediction: Tensor, target: Tensor, mask?: Tensor): Tensor {
  const error = prediction.sub(target);
  const squares = error.mul(error);
  return mask === undefined ? squares.mean() : maskedMean(squares.mean(-1), mask);
}
