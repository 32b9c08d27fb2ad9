import type { Tensor } from "#tensor";
import { maskedMean } from "./masked-mean.ts";

/**
 * Cross-entropy of a softmax over all classes: logits [..., V], targets [...] int32, mask [...] → [].
 *   mean of  log Σ_v exp(s_v) - s_target
 * Every target, masked ones too, must be in [0, V). A float mask weighs positions.
 */
export function crossEntropy(logits: Tensor, targets: Tensor, mask?: Tensor): Tensor {
  return maskedMean(logits.crossEntropy(targets), mask);
}
