/**
 * Barlow Twins between the ways of a tokenizer: feature i of one way should say what feature i of another says, and no other.
 *   C = Z_aᵀ Z_b / B, each column of Z less its mean and over its deviation;  (1/W) Σ_ij w_ij (C_ij − δ_ij)²,  w_ii = 1, else 0.005
 * Source: Barlow Twins (arXiv 2103.03230) as DeftRec's vae.py has it (Quhaoh233/DeftRec@f29f02a).
 * Differs: divided by the rows of the batch, so that the diagonal can reach 1 (theirs divided by the width: B/W at most);
 * the mean over all pairs of ways (theirs: the first two). It draws ways together: `diversity` does the opposite.
 */
import { constant, float32, type Tensor } from "#tensor";
import { pairsOf } from "./pairs.ts";

const OFF_DIAGONAL = 0.005;

/** tokens [B, K, W], K > 1, present [B] bool → [] */
export function barlowTwins(tokens: Tensor, present?: Tensor): Tensor {
  const [, ways, width] = tokens.shape.map(Number);
  const weights = present?.cast("float32"); // [B]
  const rows = weights === undefined ? Number(tokens.shape[0]) : weights.sum().maximum(1);
  const each = Array.from({ length: ways }, (_, way) => standardised(tokens.at(1, way), rows, weights));
  const diagonal = constant(identity(width));
  const scale = diagonal.mul(1 - OFF_DIAGONAL).add(OFF_DIAGONAL); // [W, W]
  const pairs = pairsOf(ways);
  const losses = pairs.map(([a, b]) => {
    const off = each[a].swap(0, 1).matmul(each[b]).div(rows).sub(diagonal);
    return off.mul(off).mul(scale).sum().div(width);
  });
  return losses.reduce((sum, loss) => sum.add(loss)).div(pairs.length);
}

/** Columns of z [B, W] less their mean and over their deviation, over the rows that count; the others become 0. */
function standardised(z: Tensor, rows: Tensor | number, weights: Tensor | undefined): Tensor {
  const counted = (values: Tensor) => (weights === undefined ? values : values.mul(weights.unsqueeze(-1)));
  const centred = counted(z.sub(counted(z).sum(0, { keepDims: true }).div(rows))); // [B, W]
  const variance = centred.mul(centred).sum(0, { keepDims: true }).div(rows);
  return centred.div(variance.add(1e-12).sqrt());
}

function identity(width: number) {
  const data = new Float32Array(width * width);
  for (let at = 0; at < width; at++) data[at * width + at] = 1;
  return float32(data, [width, width]);
}
