/**
 * What tuning needs of many users' scores, so that thousands of fusions can be tried without scoring again: of every expert
 * the values at the candidates (each expert's best, with and without the trend, and the target) and the sums over all
 * items that each power and prior would be divided by.
 * Approximate in one point: a target is ranked among the candidates, beyond which a user's fused best does not lie.
 */
import { selectTop } from "#retrieval";
import { POWERS, PRIORS } from "./grid.ts";
import { type ExpertKind, massOf, type Priors, priorOf, toProbabilities } from "./share.ts";

/** Best items of each expert that enter a user's candidates; on Software 100 find the same fusion, more slowly. */
const TOP = 40;
/** Candidates are also taken after the trend had its say, at the strength most fusions end up with. */
const CANDIDATE_TREND = 0.4;

/** One expert's part of a pool. */
export interface PooledExpert {
  readonly name: string;
  readonly kind: ExpertKind;
  /** At every candidate of every user. */
  readonly values: Float32Array;
  /** [users]: Σ p over the items that are not masked. */
  readonly mass: Float32Array;
  /** [users, powers, priors]: Σ p^g z^a pop^−b over the items that are not masked. */
  readonly sums: Float32Array;
}

export interface Pool {
  readonly experts: readonly PooledExpert[];
  /** User u's candidates are items[starts[u] .. starts[u + 1]]. */
  readonly starts: Int32Array;
  readonly items: Int32Array;
  /** Where u's target stands among all candidates, −1: it is masked. */
  readonly targetAt: Int32Array;
  /** z^a pop^−b of every item, by prior. */
  readonly priors: readonly (Float32Array | undefined)[];
}

/** Takes in batches of scores and becomes a pool. */
export class PoolBuilder {
  readonly #priors: readonly (Float32Array | undefined)[];
  readonly #candidateTrend: Float32Array;
  readonly #experts: readonly { name: string; kind: ExpertKind; values: number[][]; mass: number[]; sums: number[] }[];
  readonly #candidates: Int32Array[] = [];
  readonly #targetAt: number[] = [];
  #total = 0;

  constructor(kinds: Readonly<Record<string, ExpertKind>>, priors: Priors) {
    this.#priors = PRIORS.map(({ trend, popularity }) => priorOf(priors, trend, popularity));
    this.#candidateTrend = priors.trend.map((z) => z ** CANDIDATE_TREND);
    this.#experts = Object.entries(kinds).map(([name, kind]) => ({ name, kind, values: [], mass: [], sums: [] }));
  }

  /** One user's scores, [N + 1] by expert; they are used up. */
  add(scores: Readonly<Record<string, Float32Array>>, masked: ArrayLike<number>, target: number): void {
    const chosen = new Set<number>();
    for (const expert of this.#experts) {
      const p = scores[expert.name];
      toProbabilities(p, expert.kind);
      for (let at = 0; at < masked.length; at++) p[masked[at]] = 0;
      expert.mass.push(massOf(p));
      expert.sums.push(...this.#sumsOf(p, expert.kind));
      for (const item of bestOf(p)) chosen.add(item);
      for (const item of bestOf(p.map((value, item) => value * this.#candidateTrend[item]))) chosen.add(item);
    }
    const isMasked = Array.prototype.includes.call(masked, target);
    if (!isMasked) chosen.add(target);
    const items = Int32Array.from(chosen).sort();
    for (const { name, values } of this.#experts) values.push(Array.from(items, (item) => scores[name][item]));
    this.#targetAt.push(isMasked ? -1 : this.#total + items.indexOf(target));
    this.#candidates.push(items);
    this.#total += items.length;
  }

  build(): Pool {
    const starts = new Int32Array(this.#candidates.length + 1);
    this.#candidates.forEach(({ length }, user) => {
      starts[user + 1] = starts[user] + length;
    });
    const items = new Int32Array(this.#total);
    this.#candidates.forEach((own, user) => {
      items.set(own, starts[user]);
    });
    const experts = this.#experts.map(({ name, kind, values, mass, sums }) => {
      const flat = new Float32Array(this.#total);
      values.forEach((own, user) => {
        flat.set(own, starts[user]);
      });
      return { name, kind, values: flat, mass: Float32Array.from(mass), sums: Float32Array.from(sums) };
    });
    return { experts, starts, items, targetAt: Int32Array.from(this.#targetAt), priors: this.#priors };
  }

  /** [powers, priors] */
  #sumsOf(p: Float32Array, kind: ExpertKind): Float64Array {
    const powers = POWERS[kind];
    const sums = new Float64Array(powers.length * PRIORS.length);
    const items: number[] = [];
    for (let item = 1; item < p.length; item++) if (p[item] > 0) items.push(item);
    powers.forEach((power, at) => {
      const raised = Float64Array.from(items, (item) => (power === 1 ? p[item] : p[item] ** power));
      this.#priors.forEach((prior, column) => {
        let sum = 0;
        for (let k = 0; k < raised.length; k++) sum += raised[k] * (prior === undefined ? 1 : prior[items[k]]);
        sums[at * PRIORS.length + column] = sum;
      });
    });
    return sums;
  }
}

function bestOf(values: Float32Array): number[] {
  const { indices, scores } = selectTop(values, TOP);
  return [...indices].filter((_, at) => scores[at] > 0);
}
