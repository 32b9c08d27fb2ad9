/**
 * Contrast of pairs within a batch: a row's own partner against everybody else's.
 *   s_ij = ⟨a_i, b_j⟩ / τ,   L = mean of -log softmax(s_i)[i];  symmetric: half of it, and half of the same over columns
 * Source: CPC (arXiv 1807.03748, equation 4) with in-batch negatives; the symmetric form is CLIP's (arXiv 2103.00020,
 * figure 3). Cosines are the caller's: give vectors of unit length.
 */
import { ShapeError } from "#base";
import { constant, int32, showShape, type Tensor } from "#tensor";
import { crossEntropy } from "./cross-entropy.ts";

export interface InfoNceOptions {
  /** What similarities are divided by; a tensor of shape [] where it is learned. */
  readonly temperature: number | Tensor;
  /** Whether partners are also asked for their row. */
  readonly symmetric?: boolean;
}

/** anchors [B, D], partners [B, D] → []; row i of one belongs to row i of the other. */
export function infoNce(anchors: Tensor, partners: Tensor, { temperature, symmetric = false }: InfoNceOptions): Tensor {
  const [rows] = anchors.shape;
  if (anchors.rank !== 2 || typeof rows !== "number" || showShape(anchors.shape) !== showShape(partners.shape)) {
    throw new ShapeError(
      `infoNce: expected anchors and partners of one shape [B, D], got ${anchors.label} and ${partners.label}.`,
    );
  }
  const scores = anchors.matmul(partners, { transposeB: true }).div(temperature); // [B, B]
  const own = constant(
    int32(
      Int32Array.from({ length: rows }, (_, at) => at),
      [rows],
    ),
  );
  const forth = crossEntropy(scores, own);
  return symmetric ? forth.add(crossEntropy(scores.swap(0, 1), own)).mul(0.5) : forth;
}
