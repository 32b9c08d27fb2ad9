/**
 * The mix that a re-ranker takes its candidates from: weights of the experts, and how strongly the trend counts, as they
 * are likeliest for the items that were withheld from the base.
 *   p(i) = Σ_e w_e · share_e(i) z_i^a / Σ_j share_e(j) z_j^a       w, a = argmax Σ_u log p_u(target_u)
 * For each a on a grid, w by expectation maximisation: w_e ← mean_u w_e p_e(u) / Σ_f w_f p_f(u), which never falls and,
 * the problem being concave in w, ends at the best. Source: Dempster, Laird and Rubin (1977), mixture proportions.
 * Differs: a target that no expert reaches says nothing of them and is left out.
 */
import { InterruptedError } from "#base";
import type { Histories } from "#data";
import { type Key, shuffled } from "#random";
import { savedFloat32 } from "#retrieval";
import { float32 } from "#tensor";
import { rowsAtOnce } from "../at-once.ts";
import type { Artifact, Context, Ranker } from "../contract.ts";
import type { ExpertKind } from "../fusion/share.ts";
import { listen, weighedSum } from "./candidates.ts";
import type { Statistics } from "./statistics.ts";

/** Where the mix is saved. */
export const MIXTURE = "mixture";
const TRENDS = [0, 0.2, 0.4, 0.6, 0.8] as const;
const ROUNDS = 200;
/** Users that are asked at most; more change the weights' second digit. */
const MOST_USERS = 4000;

export interface Mixture {
  /** By expert; they add up to 1. */
  readonly weights: Readonly<Record<string, number>>;
  /** z_i^a: [N + 1]. */
  readonly prior: Float32Array;
}

/** Asks a base that has not seen each history's last item, and leaves the likeliest mix. */
export async function likeliestMix(
  ranker: Ranker,
  kinds: Readonly<Record<string, ExpertKind>>,
  histories: Histories,
  { trend }: Statistics,
  key: Key,
  { emit, signal }: Context,
): Promise<Artifact> {
  const names = Object.keys(kinds);
  const users = [...shuffled(key.fold("users"), histories.users)].filter((user) => histories.lengthOf(user) >= 2);
  const asked = users.slice(0, MOST_USERS).map((user) => histories.of(user));
  const priors = TRENDS.map((a) => trend.map((z) => z ** a));
  const shares: number[][][] = priors.map(() => []); // of every trend and user, each expert's share of the target
  const step = rowsAtOnce(trend.length * names.length);
  for (let from = 0; from < asked.length; from += step) {
    if (signal?.aborted) throw new InterruptedError();
    const some = asked.slice(from, from + step);
    const profiles = some.map((items) => ({ history: items.slice(0, -1) }));
    const scores = await ranker.score(await ranker.encode(profiles, key));
    some.forEach((items, row) => {
      const { history } = profiles[row];
      const target = items[items.length - 1];
      if (history.includes(target)) return;
      const own = Object.fromEntries(
        names.map((name) => [name, scores[name].subarray(row * trend.length, (row + 1) * trend.length)]),
      );
      const said = listen(own, kinds, history);
      const hidden = [...new Set(history)];
      priors.forEach((prior, at) => {
        shares[at].push(
          names.map((name) => {
            const sum = weighedSum(said[name].shares, prior, hidden);
            return sum > 0 ? (said[name].shares[target] * prior[target]) / sum : 0;
          }),
        );
      });
    });
    emit({ type: "progress", what: "mixing experts", done: Math.min(from + step, asked.length), of: asked.length });
  }
  const fits = shares.map((each) => proportions(each, names.length));
  const best = fits.reduce((most, fit, at) => (fit.likelihood > fits[most].likelihood ? at : most), 0);
  return {
    arrays: {
      weights: float32(Float32Array.from(fits[best].weights), [names.length]),
      trend: float32(Float32Array.of(TRENDS[best]), [1]),
    },
  };
}

/** Out of what was left. */
export function savedMixture(
  artifact: Artifact | undefined,
  kinds: Readonly<Record<string, ExpertKind>>,
  { trend }: Statistics,
): Mixture {
  const names = Object.keys(kinds);
  const weights = savedFloat32(artifact?.arrays, "weights", "reranked", names.length);
  const [power] = savedFloat32(artifact?.arrays, "trend", "reranked", 1);
  return {
    weights: Object.fromEntries(names.map((name, at) => [name, weights[at]])),
    prior: trend.map((z) => z ** power),
  };
}

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
