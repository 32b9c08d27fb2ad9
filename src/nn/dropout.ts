import { dropoutMask, type TracedKey } from "#random";
import type { Tensor } from "#tensor";

/**
 * Zeroes elements with probability `rate` and scales the rest by 1 / (1 - rate), so that the mean stays.
 * Without a key (evaluation) x passes unchanged. The mask comes from the run's key, never from ONNX Runtime's generator,
 * whose state cannot be saved.
 */
export function dropout(x: Tensor, rate: number, key: TracedKey | undefined): Tensor {
  if (key === undefined || rate === 0) return x;
  return x.mul(dropoutMask(key, 1 - rate, x.shape));
}
