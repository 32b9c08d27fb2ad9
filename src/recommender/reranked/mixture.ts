/**
 * The mix that a re-ranker takes its candidates from: weights of the experts, and how strongly the trend counts, as they
 * are likeliest for the items that were withheld from the base.
 *   p(i) = Σ_e w_e · share_e(i) z_i^a / Σ_j share_e(j) z_j^a       w, a = argmax Σ_u log p_u(target_u)
 * For each a on a grid, w as in fusion/proportions.ts; the likeliest pair is kept.
 */
import { InterruptedError } from "#base";
import type { Histories } from "#data";
import { type Key, shuffled } from "#random";
import { savedFloat32 } from "#retrieval";
import { float32 } from "#tensor";
import type { Artifact, Context, Ranker } from "../contract.ts";
import { proportions } from "../fusion/proportions.ts";
import type { ExpertKind } from "../fusion/share.ts";
import { Hearing, heardAtOnce } from "./hearing.ts";
import { listen, shareOf, weighedSum } from "./spoken.ts";
import type { Statistics } from "./statistics.ts";

/** Where the mix is saved. */
export const MIXTURE = "mixture";
const TRENDS = [0, 0.2, 0.4, 0.6, 0.8] as const;
/** Users that are asked at most: a dozen weights need no more. */
const MOST_USERS = 4000;

export interface Mixture {
  /** By expert; they add up to 1. */
  readonly weights: Readonly<Record<string, number>>;
  /** z_i^a: [N + 1]. */
  readonly prior: Float32Array;
}

/** Of every trend and user, each expert's share of the user's last item. */
export type TargetShares = readonly (readonly (readonly number[])[])[];

/** Whose last items the mix is judged by. */
export function mixedUsers(histories: Histories, key: Key): number[] {
  const users = [...shuffled(key.fold("users"), histories.users)].filter((user) => histories.lengthOf(user) >= 2);
  return users.slice(0, MOST_USERS);
}

/** Asks a base that has not seen the last item of these histories. */
export async function targetShares(
  ranker: Ranker,
  kinds: Readonly<Record<string, ExpertKind>>,
  asked: readonly Int32Array[],
  { trend }: Statistics,
  key: Key,
  { emit, signal }: Context,
): Promise<TargetShares> {
  const names = Object.keys(kinds);
  const priors = TRENDS.map((a) => trend.map((z) => z ** a));
  const shares: number[][][] = priors.map(() => []);
  const step = heardAtOnce(ranker, names, trend.length);
  const hearing = new Hearing(ranker, names, trend.length);
  for (let from = 0; from < asked.length; from += step) {
    if (signal?.aborted) throw new InterruptedError();
    const some = asked.slice(from, from + step);
    const profiles = some.map((items) => ({ history: items.slice(0, -1) }));
    const scores = await hearing.of(await ranker.encode(profiles, key));
    some.forEach((items, row) => {
      const { history } = profiles[row];
      const target = items[items.length - 1];
      if (history.includes(target)) return;
      const said = listen(scores(row), kinds, history);
      priors.forEach((prior, at) => {
        shares[at].push(
          names.map((name) => {
            const sum = weighedSum(said[name], prior, history);
            return sum > 0 ? (shareOf(said[name], target) * prior[target]) / sum : 0;
          }),
        );
      });
    });
    emit({ type: "progress", what: "mixing experts", done: Math.min(from + step, asked.length), of: asked.length });
  }
  return shares;
}

/** The mix by which the last items of all who were asked are likeliest, whichever base they were asked of. */
export function likeliestMix(asked: readonly TargetShares[], experts: number): Artifact {
  const fits = TRENDS.map((_, at) =>
    proportions(
      asked.flatMap((shares) => shares[at]),
      experts,
    ),
  );
  const best = fits.reduce((most, fit, at) => (fit.likelihood > fits[most].likelihood ? at : most), 0);
  return {
    arrays: {
      weights: float32(Float32Array.from(fits[best].weights), [experts]),
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
