/**
 * Weights of experts under which what was taken is likeliest:   w = argmax Σ_u log Σ_e w_e p_e(u),  w ≥ 0, Σ w = 1
 * by expectation maximisation: w_e ← mean_u w_e p_e(u) / Σ_f w_f p_f(u), which never falls and, the problem being concave
 * in w, ends at the best. Source: Dempster, Laird and Rubin (1977), the proportions of a mixture of known parts.
 * Differs: a target that no expert reaches says nothing of them and is left out.
 */

const ROUNDS = 200;

/** Mixing proportions by expectation maximisation, and the mean log-likelihood they reach; equal where nothing is known. */
export function proportions(
  shares: readonly (readonly number[])[],
  experts: number,
): { weights: number[]; likelihood: number } {
  const reached = shares.filter((each) => each.some((share) => share > 0));
  let weights = new Array<number>(experts).fill(1 / experts);
  if (reached.length === 0) return { weights, likelihood: 0 };
  for (let round = 0; round < ROUNDS; round++) {
    const next = new Array<number>(experts).fill(0);
    for (const each of reached) {
      const all = mixed(weights, each);
      for (let at = 0; at < experts; at++) next[at] += (weights[at] * each[at]) / (all * reached.length);
    }
    weights = next;
  }
  const likelihood = reached.reduce((sum, each) => sum + Math.log(mixed(weights, each)), 0) / reached.length;
  return { weights, likelihood };
}

function mixed(weights: readonly number[], shares: readonly number[]): number {
  return Math.max(
    1e-300,
    shares.reduce((sum, share, at) => sum + weights[at] * share, 0),
  );
}
