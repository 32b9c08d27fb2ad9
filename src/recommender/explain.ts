/**
 * Why these items: the items of the history that lie nearest, in the model's own space of vectors. Where a model generates a
 * vector for the profile, near to that vector; elsewhere near to each recommended item. Beside them what the model says was
 * wanted, and what spoke for each item, where it can tell.
 */

import { ConfigError } from "#base";
import type { Key } from "#random";
import type { Contribution, ItemVectors, Profile, Ranker } from "./contract.ts";

/** An item of the history, and the cosine that makes it a reason, at most 1. */
export interface Because {
  readonly index: number;
  readonly weight: number;
}

export interface Reason {
  readonly because: readonly Because[];
  /** What the model says is wanted: one of the catalogue's categories. */
  readonly category?: string;
  /** The sentence that says so, where a language model wrote one: generated, not known. */
  readonly text?: string;
  /** What spoke for it most, where a model can tell: only what raised its score. */
  readonly spoke?: readonly Contribution[];
}

/** Reasons that are named. */
const MOST = 3;

/** A reason for each of `items`, of one profile; a model without vectors is a `ConfigError`. */
export async function explain(
  ranker: Ranker,
  profile: Profile,
  items: readonly number[],
  key: Key,
): Promise<readonly Reason[]> {
  const vectors = await ranker.vectors?.();
  if (vectors === undefined) {
    throw new ConfigError("explain: this model has no item vectors, so that nothing tells what lies near what.", {
      code: "no-vectors",
      field: "explain",
      hint: "Leave --explain out, or train a model with vectors (deftrec, sasrec, lightgcn).",
    });
  }
  if (profile.history.length === 0) return items.map(() => ({ because: [] }));
  const [state] = await ranker.encode([profile], key);
  const [reading] = (await ranker.read?.([state])) ?? [];
  const contributions = await ranker.contributions?.(state, Int32Array.from(items));
  const { category, sentence: text } = reading ?? {};
  const shared = reading?.vector && nearest(reading.vector, profile.history, vectors);
  return items.map((item, at) => ({
    because: shared ?? nearest(rowOf(vectors, item), profile.history, vectors),
    ...(category !== undefined && { category }),
    ...(text !== undefined && { text }),
    ...(contributions && { spoke: contributions[at].filter(({ gain }) => gain > 0).slice(0, MOST) }),
  }));
}

/** The history's items of greatest cosine to `vector`, each once. */
function nearest(vector: Float32Array, history: Int32Array, vectors: ItemVectors): Because[] {
  const items = [...new Set(history)];
  return items
    .map((index) => ({ index, weight: cosine(vector, rowOf(vectors, index)) }))
    .sort((a, b) => b.weight - a.weight || a.index - b.index)
    .slice(0, MOST);
}

function rowOf({ data, dim }: ItemVectors, index: number): Float32Array {
  return data.subarray(index * dim, (index + 1) * dim);
}

function cosine(a: Float32Array, b: Float32Array): number {
  let [inner, left, right] = [0, 0, 0];
  for (let at = 0; at < a.length; at++) {
    inner += a[at] * b[at];
    left += a[at] ** 2;
    right += b[at] ** 2;
  }
  return inner / Math.sqrt(left * right + 1e-24);
}
