/**
 * What a pool's targets rank at under one fusion after the other: most trials move one expert, or the prior that experts of one
 * kind share, and whatever stands still is added up once.
 *   score_i = scale · still_i + prior_i · Σ_moving w_e conf_e / Σ_j p_j^g prior_j · p_i^g
 */
import type { Fusion } from "./fuse.ts";
import { POWERS, PRIORS, priorAt } from "./grid.ts";
import type { Pool, PooledExpert } from "./pool.ts";
import { confidenceOf, type ExpertShare } from "./share.ts";

/** Powers of experts' values that are remembered: those of a fusion, and a few that are tried. */
const MOST_REMEMBERED = 24;

/** The sum of some experts' shares at every candidate. */
export type Still = Float32Array;

export class Trials {
  readonly #raised = new Map<string, Float32Array>();
  /** The part that was asked for last: a dozen weights in turn are tried on it. */
  #last: { readonly key: string; readonly part: Still } | undefined;

  constructor(readonly pool: Pool) {}

  /** What the experts of these names add up to under a fusion. */
  sumOf(fusion: Fusion, names: readonly string[]): Still {
    const sum = new Float32Array(this.pool.items.length);
    for (const name of names) {
      this.#scored([{ expert: this.#expert(name), share: fusion[name] }], undefined, 1, (scores, from) => {
        for (let k = 0; k < scores.length; k++) sum[from + k] += scores[k];
      });
    }
    return sum;
  }

  /** An expert's share at every candidate, without its weight. */
  partOf(name: string, share: ExpertShare): Still {
    const { power, trend, popularity, confidence } = share;
    const key = [name, power, trend, popularity, confidence].join(" ");
    if (this.#last?.key !== key) this.#last = { key, part: this.sumOf({ [name]: { ...share, weight: 1 } }, [name]) };
    return this.#last.part;
  }

  /**
   * Each user's rank of the target, ties against it, Infinity where it cannot be reached: `still` times `scale`, and the experts of
   * these names, which have one prior.
   */
  ranks(fusion: Fusion, moving: readonly string[], still?: Still, scale = 1): Float64Array {
    if (moving.length === 1) return this.#ranksOfOne(fusion[moving[0]], moving[0], still, scale);
    const { starts, targetAt } = this.pool;
    const ranks = new Float64Array(starts.length - 1).fill(Number.POSITIVE_INFINITY);
    const movers = moving.map((name) => ({ expert: this.#expert(name), share: fusion[name] }));
    this.#scored(movers, still, scale, (scores, from, user) => {
      if (targetAt[user] < 0) return;
      const own = scores[targetAt[user] - from];
      if (own === 0) return;
      let rank = 0; // the target itself is not below itself, which makes the count a rank
      for (let k = 0; k < scores.length; k++) rank += Number(scores[k] >= own);
      ranks[user] = rank;
    });
    return ranks;
  }

  #ranksOfOne(share: ExpertShare, name: string, still: Still | undefined, scale: number): Float64Array {
    const { starts, targetAt, items } = this.pool;
    const ranks = new Float64Array(starts.length - 1).fill(Number.POSITIVE_INFINITY);
    const part = this.partOf(name, share);
    const others = still ?? new Float32Array(items.length);
    const { weight } = share;
    for (let user = 0; user + 1 < starts.length; user++) {
      const target = targetAt[user];
      if (target < 0) continue;
      const own = scale * others[target] + weight * part[target];
      if (own === 0) continue;
      let rank = 0;
      for (let at = starts[user]; at < starts[user + 1]; at++) {
        rank += Number(scale * others[at] + weight * part[at] >= own);
      }
      ranks[user] = rank;
    }
    return ranks;
  }

  /** Scores user by user, in an array that the next user's are written to. */
  #scored(
    movers: readonly { readonly expert: PooledExpert; readonly share: ExpertShare }[],
    still: Still | undefined,
    scale: number,
    take: (scores: Float32Array, from: number, user: number) => void,
  ): void {
    const { starts, items, priors } = this.pool;
    const heard = movers.filter(({ share }) => share.weight > 0);
    const column = heard.length === 0 ? 0 : priorAt(heard[0].share.trend, heard[0].share.popularity);
    const prior = priors[column];
    const values = heard.map(({ expert, share }) => this.#raisedTo(expert, share.power));
    const widest = starts.reduce((most, start, at) => Math.max(most, at === 0 ? 0 : start - starts[at - 1]), 0);
    const row = new Float32Array(widest);
    for (let user = 0; user + 1 < starts.length; user++) {
      const [from, to] = [starts[user], starts[user + 1]];
      const scores = row.subarray(0, to - from).fill(0);
      heard.forEach(({ expert, share }, mover) => {
        const factor = factorOf(expert, share, user, column);
        const own = values[mover];
        if (factor > 0) for (let at = from; at < to; at++) scores[at - from] += factor * own[at];
      });
      if (prior !== undefined) for (let at = from; at < to; at++) scores[at - from] *= prior[items[at]];
      if (still !== undefined) for (let at = from; at < to; at++) scores[at - from] += scale * still[at];
      take(scores, from, user);
    }
  }

  #expert(name: string): PooledExpert {
    const found = this.pool.experts.find((expert) => expert.name === name);
    if (found === undefined) throw new Error(`internal: no expert ${name} in the pool`);
    return found;
  }

  #raisedTo({ name, values }: PooledExpert, power: number): Float32Array {
    if (power === 1) return values;
    const key = `${name} ${power}`;
    const known = this.#raised.get(key);
    if (known !== undefined) return known;
    if (this.#raised.size >= MOST_REMEMBERED) {
      for (const oldest of this.#raised.keys()) {
        this.#raised.delete(oldest);
        break;
      }
    }
    const raised = values.map((p) => (p === 0 ? 0 : p ** power));
    this.#raised.set(key, raised);
    return raised;
  }
}

/** What each p^g is multiplied by beside its prior. */
function factorOf({ sums, mass, kind }: PooledExpert, share: ExpertShare, user: number, column: number): number {
  const powers: readonly number[] = POWERS[kind];
  const sum = sums[(user * powers.length + powers.indexOf(share.power)) * PRIORS.length + column];
  return sum === 0 ? 0 : (share.weight * confidenceOf(mass[user], kind, share)) / sum;
}
