/**
 * How sure a row of scores is, of its first item and of the target. Scores become probabilities over the items that can be
 * recommended (those masked or not generated are -Infinity and have none):
 *   logits: p_i = exp(s_i − log Σ_j exp s_j)        mass: p_i = s_i / Σ_j s_j
 * The target's logarithm is taken before anything underflows.
 */
import type { ExpertKind, Ranker } from "#recommender";

/** What one user's scores say of themselves. */
export interface Certainty {
  /** Probability of the item that is ranked first; NaN where nothing can be recommended. */
  readonly first: number;
  /** Logarithm of the target's probability; -Infinity where it has none. */
  readonly logTarget: number;
  /** Whether the target is ranked first. */
  readonly hit: boolean;
}

/** What the scores that a pipeline ranks by are as probabilities; undefined where nobody says that they are any. */
export function probabilityKind({ experts = {} }: Pick<Ranker, "experts">, fused: boolean): ExpertKind | undefined {
  const kinds = Object.values(experts);
  if (kinds.length > 1) return fused ? "mass" : undefined;
  return kinds[0] === "logits" ? "logits" : undefined; // one expert's mass orders items, its sum means nothing
}

/** Certainty of one row [N + 1] by catalogue index (column 0 is padding), whose target stands at `rank`. */
export function certaintyOf(scores: Float32Array, target: number, rank: number, kind: ExpertKind): Certainty {
  let most = -Infinity;
  for (let item = 1; item < scores.length; item++) if (scores[item] > most) most = scores[item];
  let sum = 0;
  for (let item = 1; item < scores.length; item++) {
    if (kind === "logits") sum += Math.exp(scores[item] - most);
    else if (scores[item] > 0) sum += scores[item];
  }
  const own = scores[target];
  const logTarget = kind === "logits" ? own - most - Math.log(sum) : Math.log(Math.max(0, own) / sum);
  return { first: kind === "logits" ? 1 / sum : most / sum, logTarget, hit: rank === 1 };
}
