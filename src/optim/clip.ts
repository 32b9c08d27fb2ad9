import { ConfigError } from "#base";
import { Chain, type Update } from "./chain.ts";
import type { Merged } from "./merged.ts";

/**
 * Scales gradients down so that their joint Euclidean norm is at most `limit` (PyTorch's clip_grad_norm_). Only the
 * addresses `of` names are measured and scaled; all when not said. Rows that a batch read several times count as their sum.
 */
export function clipGlobalNorm(limit: number, of: (address: string) => boolean = () => true): Chain {
  return new Chain([{ apply: (update) => clip(update, limit, of) }]);
}

function clip({ gradients, step }: Update, limit: number, of: (address: string) => boolean): Record<string, number> {
  let squares = 0;
  for (const merged of gradients) if (of(merged.address)) squares += merged.scale ** 2 * squaresOf(merged);
  const gradientNorm = Math.sqrt(squares);
  if (!Number.isFinite(gradientNorm)) {
    throw new ConfigError(
      `training: the norm of the gradient became ${gradientNorm} at step ${step}. Lower the learning rate, or look for extreme values in the data.`,
      { code: "diverged" },
    );
  }
  if (gradientNorm > limit) {
    for (const merged of gradients) if (of(merged.address)) merged.scale *= limit / gradientNorm;
  }
  return { gradientNorm };
}

function squaresOf({ gradient, touched }: Merged): number {
  if (touched === undefined) return sumOfSquares(gradient, 0, gradient.length);
  let sum = 0;
  for (let at = 0; at < touched.count; at++) {
    const start = touched.rows[at] * touched.width;
    sum += sumOfSquares(gradient, start, start + touched.width);
  }
  return sum;
}

// Four sums side by side: one alone waits for the previous addition at every element.
function sumOfSquares(values: Float32Array, from: number, to: number): number {
  const fours = from + ((to - from) & ~3);
  let a = 0;
  let b = 0;
  let c = 0;
  let d = 0;
  let at = from;
  for (; at < fours; at += 4) {
    a += values[at] * values[at];
    b += values[at + 1] * values[at + 1];
    c += values[at + 2] * values[at + 2];
    d += values[at + 3] * values[at + 3];
  }
  for (; at < to; at++) a += values[at] * values[at];
  return a + b + (c + d);
}
