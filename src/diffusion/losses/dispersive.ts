/**
 * Spreads a batch of representations:  L = log( (1/B²) Σ_ij exp(−|r_i − r_j|² / (D τ)) ),  all pairs, i = j too.
 * It lies in [−log B, 0]: 0 where all are equal, −log B where all are far apart.
 * Source: ContRec (arXiv 2504.12007 v3), the dispersive term; arXiv 2506.09027, its InfoNCE form with L2 distances.
 * Differs from ContRec's code at fb09d68, which adds the negative of this and so pulls a batch together.
 */
import { ShapeError } from "#base";
import type { Tensor } from "#tensor";

/** representations [B, D] → [] */
export function dispersive(representations: Tensor, temperature = 1): Tensor {
  const [rows, width] = representations.shape;
  if (representations.rank !== 2 || typeof rows !== "number" || typeof width !== "number") {
    throw new ShapeError(
      `dispersive: expected representations of shape [B, D], both numbers, got ${representations.label}. Flatten the positions of a history first.`,
    );
  }
  // Distances from products, which need no [B, B, D]; around the mean, so that less cancels.
  const centred = representations.sub(representations.mean(0, { keepDims: true }));
  const squares = centred.mul(centred).sum(-1, { keepDims: true }); // [B, 1]
  const products = centred.matmul(centred, { transposeB: true }); // [B, B]
  const distances = squares.add(squares.swap(0, 1)).sub(products.mul(2));
  return distances
    .div(-width * temperature)
    .reshape([rows * rows])
    .logSumExp(0)
    .sub(2 * Math.log(rows));
}
