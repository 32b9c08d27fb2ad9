import { ShapeError } from "#base";
import { showShape, type Tensor } from "#tensor";

/**
 * The mean of `values` where `mask` holds: values [...], mask [...] → [].
 *   Σ w v / Σ w, and 0 where the mask is empty. A bool mask counts positions, a float one weighs them; without one, all count.
 */
export function maskedMean(values: Tensor, mask?: Tensor): Tensor {
  if (mask === undefined) return values.mean();
  if (showShape(mask.shape) !== showShape(values.shape)) {
    throw new ShapeError(
      `maskedMean: expected a mask of shape ${showShape(values.shape)}, as the values have, got ${mask.label}.`,
    );
  }
  const weights = mask.cast(values.dtype);
  const kept = mask.dtype === "bool" ? values.where(mask, 0) : values.mul(weights);
  const total = weights.sum();
  return kept.sum().div(total.add(total.equal(0).cast(values.dtype)));
}
