/**
 * Cross-entropy of a softmax over a table's rows, for catalogues whose logits [positions, N] do not fit in memory:
 *   mean of  log Σ_n exp⟨s, E_n⟩ - ⟨s, E_target⟩
 * Loss and gradients are those of `crossEntropy(states · tableᵀ, targets, mask)`; at most `chunk` positions have logits at
 * once (`Tensor.linearCrossEntropy`).
 */
import { ShapeError } from "#base";
import { constant, mergeDims, showShape, type Tensor } from "#tensor";

export interface ChunkedOptions {
  /** A bool mask counts positions, a float one weighs them; without one, all count. */
  readonly mask?: Tensor;
  /** Positions whose logits exist at once. */
  readonly chunk?: number;
}

/** states [..., D], table [N, D], targets [...] int32, all of them in [0, N) → []. */
export function chunkedCrossEntropy(
  states: Tensor,
  table: Tensor,
  targets: Tensor,
  { mask, chunk = 256 }: ChunkedOptions = {},
): Tensor {
  const positions = states.shape.slice(0, -1);
  for (const beside of [targets, mask ?? targets]) {
    if (showShape(beside.shape) === showShape(positions)) continue;
    throw new ShapeError(
      `chunkedCrossEntropy: expected targets and mask of shape ${showShape(positions)}, as the states have positions, got ${beside.label}.`,
    );
  }
  const count = mergeDims(positions);
  const weights = mask?.cast(states.dtype).reshape([count]) ?? constant(1, states.dtype).expand([count]);
  const total = weights.sum();
  const rows = states.reshape([count, states.shape[states.rank - 1]]);
  const loss = rows.linearCrossEntropy(table, targets.reshape([count]), weights, chunk);
  return loss.div(total.add(total.equal(0).cast(states.dtype)));
}
