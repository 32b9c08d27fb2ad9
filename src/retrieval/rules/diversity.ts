/**
 * Rule `diversity`: maximal marginal relevance. A list is filled from the best-scored candidates, each time with the one of
 *   max (1 − x) · relevance(i) − x · max_{j in the list} similarity(i, j)
 * Source: Carbonell & Goldstein, SIGIR 1998, with λ = 1 − x. Relevance is the score, stretched to [0, 1] over the
 * candidates, so that x means the same whatever scores are measured in. x = 0 is the plain list; the best item always leads.
 * Differs: similarity is never below 0 (what points the other way is only different), ties go to the better score.
 */
import { ConfigError } from "#base";
import type { Catalogue } from "#data";
import type { VectorTable } from "../nearest.ts";
import type { Selection } from "../select.ts";

/** How alike two items are, 0 to 1. */
export type Similarity = (a: number, b: number) => number;

/** How many candidates a list of topK is chosen from. */
export function candidatesFor(topK: number): number {
  return Math.max(100, 10 * topK);
}

/** The topK of `candidates` (best first) that are relevant and unlike each other; scores stay what they are. */
export function diversify(candidates: Selection, topK: number, x: number, similarity: Similarity): Selection {
  const { indices, scores } = candidates;
  const count = Math.max(0, Math.min(topK, indices.length));
  const spread = indices.length === 0 ? 0 : scores[0] - scores[scores.length - 1];
  const relevance = Float64Array.from(scores, (score) =>
    spread === 0 ? 1 : (score - scores[scores.length - 1]) / spread,
  );
  const nearest = new Float64Array(indices.length); // to anything in the list so far
  const taken = new Uint8Array(indices.length);
  const order: number[] = [];
  while (order.length < count) {
    let best = -1;
    let bestValue = -Infinity;
    for (let at = 0; at < indices.length; at++) {
      if (taken[at] === 1) continue;
      const value = (1 - x) * relevance[at] - x * nearest[at];
      if (value > bestValue) [best, bestValue] = [at, value];
    }
    taken[best] = 1;
    order.push(best);
    if (order.length === count) break;
    for (let at = 0; at < indices.length; at++) {
      if (taken[at] === 0) nearest[at] = Math.max(nearest[at], similarity(indices[best], indices[at]));
    }
  }
  return { indices: Int32Array.from(order, (at) => indices[at]), scores: Float32Array.from(order, (at) => scores[at]) };
}

/** Refuses what is no share of diversity. */
export function requireDiversity(x: number): void {
  if (x >= 0 && x <= 1) return;
  throw new ConfigError(`diversity = ${x}: expected a number from 0 (the plain list) to 1 (as unlike as can be).`, {
    code: "bad-value",
    field: "diversity",
  });
}

/** Likeness by a model's item vectors: their cosine. */
export function byVectors({ data, dim }: VectorTable): Similarity {
  const product = (a: number, b: number) => {
    let sum = 0;
    for (let at = 0; at < dim; at++) sum += data[a * dim + at] * data[b * dim + at];
    return sum;
  };
  return (a, b) => {
    const scale = Math.sqrt(product(a, a) * product(b, b));
    return scale === 0 ? 0 : Math.min(1, Math.max(0, product(a, b) / scale));
  };
}

/** Likeness by words: half for the same category, half for the same brand; undefined where the catalogue has neither. */
export function byAttributes(catalogue: Catalogue): Similarity | undefined {
  if (!catalogue.rows.some(({ brand, category }) => brand !== undefined || category !== undefined)) return undefined;
  const same = (a?: string, b?: string) => (a !== undefined && a === b ? 0.5 : 0);
  return (a, b) => {
    const [one, other] = [catalogue.row(a), catalogue.row(b)];
    return same(one.category, other.category) + same(one.brand, other.brand);
  };
}
