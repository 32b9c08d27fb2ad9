/**
 * Vectors to codes and back.
 *   code(z) = argmin_c |z − e_c|²        a tie goes to the lower code
 *   straightThrough(z, q) = z + sg(q − z)    the value of q, the gradient of z (Bengio et al., arXiv 1308.3432)
 *   loss(z, q) = |sg(z) − q|² + 0.25 |z − sg(q)|²    the codebook learns from the first part, the encoder from the second
 * Source: VQ-VAE (arXiv 1711.00937), equation 3.
 */
import { type Embedding, mse } from "#nn";
import type { Tensor } from "#tensor";

/** Weight of the commitment beside the codebook loss. */
const COMMITMENT = 0.25;

/** The nearest code of each latent: z [B, W], codebook [C, W] → [B] int32. Not differentiable: straight through is. */
export function nearestCodes(z: Tensor, { weight }: Embedding): Tensor {
  const book = weight.stopGradient();
  const closeness = z.stopGradient().matmul(book, { transposeB: true }).mul(2).sub(book.mul(book).sum(-1)); // [B, C]
  const [, codes] = closeness.topK(1); // |z|² is the same for every code
  return codes.squeeze(-1);
}

/** The value of `quantised`, the gradient of `z`. */
export function straightThrough(z: Tensor, quantised: Tensor): Tensor {
  return z.add(quantised.sub(z).stopGradient());
}

/** What brings codes to latents and latents to codes, a mean over width and rows: z [B, W], q [B, W], present [B] bool → []. */
export function quantisationLoss(z: Tensor, quantised: Tensor, present?: Tensor): Tensor {
  const codebook = mse(quantised, z.stopGradient(), present);
  return codebook.add(mse(z, quantised.stopGradient(), present).mul(COMMITMENT));
}
