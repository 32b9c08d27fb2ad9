/**
 * Tunes a fusion by coordinate search: one part of one expert's share after the other takes the value that measures best,
 * until a round changes nothing. It begins twice, since it stops at the first peak: at the best of one expert alone and all
 * alike, and at the weights under which the targets are likeliest (proportions.ts); the better end is kept. Experts of one
 * kind share trend and popularity: they are statistics of the same counts.
 * What is measured is the caller's: `measure` sees each user's rank and has the last word.
 */
import type { Fusion } from "./fuse.ts";
import { CONFIDENCES, POPULARITIES, POWERS, PRIORS, priorAt, TRENDS, WEIGHTS } from "./grid.ts";
import type { Pool, PooledExpert } from "./pool.ts";
import { proportions } from "./proportions.ts";
import { confidenceOf, type ExpertShare } from "./share.ts";

/** Higher is better; ranks count from 1, equal scores against the target, Infinity: cannot be recommended. */
export type Measure = (ranks: Float64Array) => number;

/** Gains smaller than this are noise of the search itself. */
const LEAST_GAIN = 1e-5;
const MOST_ROUNDS = 3;
/** Parts of shares that are remembered. */
const MOST_REMEMBERED = 40;

/** The best fusion found, with what it measures on the pool. */
export function tune(pool: Pool, measure: Measure): { fusion: Fusion; value: number } {
  return new Search(pool, measure).run();
}

class Search {
  readonly #remembered = new Map<string, Float32Array>();
  #fusion: Fusion;
  #value: number;

  constructor(
    private readonly pool: Pool,
    private readonly measure: Measure,
  ) {
    const weight = 1 / pool.experts.length;
    const equal = pool.experts.map((expert): [string, ExpertShare] => [
      expert.name,
      { weight, power: 1, trend: 0, popularity: 0, confidence: 0, typicalMass: median(expert.mass) },
    ]);
    this.#fusion = Object.fromEntries(equal);
    this.#value = this.#measured(this.#fusion);
  }

  run(): { fusion: Fusion; value: number } {
    const equal = this.#fusion;
    for (const { name } of this.pool.experts) this.#consider(alone(equal, name));
    const first = this.#climbed();
    if (this.pool.experts.length < 2) return first;
    this.#fusion = this.#likeliest(equal);
    this.#value = this.#measured(this.#fusion);
    const second = this.#climbed();
    return second.value > first.value + LEAST_GAIN ? second : first;
  }

  /** The weights under which the targets are likeliest, with shares as they are in `fusion`. */
  #likeliest(fusion: Fusion): Fusion {
    const { experts, targetAt } = this.pool;
    const parts = experts.map((expert) => this.#part(expert, fusion[expert.name]));
    const reached = [...targetAt].filter((at) => at >= 0);
    const { weights } = proportions(
      reached.map((at) => parts.map((part) => part[at])),
      experts.length,
    );
    return Object.fromEntries(experts.map(({ name }, at) => [name, { ...fusion[name], weight: weights[at] }]));
  }

  /** What coordinate search makes of the fusion that it stands at. */
  #climbed(): { fusion: Fusion; value: number } {
    for (let round = 0; round < MOST_ROUNDS; round++) {
      const before = this.#value;
      for (const { name, kind } of this.pool.experts) {
        for (const weight of WEIGHTS) this.#consider(reweighted(this.#fusion, name, weight));
        for (const power of POWERS[kind]) this.#consider(changed(this.#fusion, [name], { power }));
        for (const confidence of CONFIDENCES) this.#consider(changed(this.#fusion, [name], { confidence }));
      }
      for (const kind of ["logits", "mass"]) {
        const alike = this.pool.experts.filter((expert) => expert.kind === kind).map(({ name }) => name);
        for (const trend of TRENDS) {
          for (const popularity of POPULARITIES) this.#consider(changed(this.#fusion, alike, { trend, popularity }));
        }
      }
      if (this.#value < before + LEAST_GAIN) break;
    }
    return { fusion: this.#fusion, value: this.#value };
  }

  #consider(fusion: Fusion): void {
    const value = this.#measured(fusion);
    if (value <= this.#value + LEAST_GAIN) return;
    this.#value = value;
    this.#fusion = fusion;
  }

  #measured(fusion: Fusion): number {
    const { pool } = this;
    const scores = new Float32Array(pool.items.length);
    for (const expert of pool.experts) {
      const share = fusion[expert.name];
      if (share.weight === 0) continue;
      const part = this.#part(expert, share);
      for (let at = 0; at < scores.length; at++) scores[at] += share.weight * part[at];
    }
    return this.measure(ranksOf(pool, scores));
  }

  /** An expert's share at every candidate, without its weight. */
  #part(expert: PooledExpert, share: ExpertShare): Float32Array {
    const { weight: _, ...rest } = share;
    const name = `${expert.name} ${JSON.stringify(rest)}`;
    const known = this.#remembered.get(name);
    if (known !== undefined) return known;
    if (this.#remembered.size >= MOST_REMEMBERED) {
      for (const oldest of this.#remembered.keys()) {
        this.#remembered.delete(oldest);
        break;
      }
    }
    const part = partOf(this.pool, expert, share);
    this.#remembered.set(name, part);
    return part;
  }
}

function partOf({ starts, items, priors }: Pool, expert: PooledExpert, share: ExpertShare): Float32Array {
  const powers: readonly number[] = POWERS[expert.kind];
  const column = priorAt(share.trend, share.popularity);
  const prior = priors[column];
  const part = new Float32Array(items.length);
  for (let user = 0; user + 1 < starts.length; user++) {
    const sum = expert.sums[(user * powers.length + powers.indexOf(share.power)) * PRIORS.length + column];
    if (sum === 0) continue;
    const factor = confidenceOf(expert.mass[user], expert.kind, share) / sum;
    for (let at = starts[user]; at < starts[user + 1]; at++) {
      const p = expert.values[at];
      if (p === 0) continue;
      part[at] = factor * (share.power === 1 ? p : p ** share.power) * (prior === undefined ? 1 : prior[items[at]]);
    }
  }
  return part;
}

function ranksOf({ starts, targetAt }: Pool, scores: Float32Array): Float64Array {
  return Float64Array.from(targetAt, (target, user) => {
    if (target < 0 || scores[target] === 0) return Number.POSITIVE_INFINITY;
    const own = scores[target];
    let rank = 0; // the target itself is not below itself, which makes the count a rank
    for (let at = starts[user]; at < starts[user + 1]; at++) rank += Number(scores[at] >= own);
    return rank;
  });
}

function changed(fusion: Fusion, names: readonly string[], change: Partial<ExpertShare>): Fusion {
  return Object.fromEntries(
    Object.entries(fusion).map(([name, share]) => [name, names.includes(name) ? { ...share, ...change } : share]),
  );
}

/** One expert's weight becomes `weight`, the others keep their proportions; all add up to 1. */
function reweighted(fusion: Fusion, name: string, weight: number): Fusion {
  const rest = 1 - fusion[name].weight;
  if (rest <= 0) return weight === 0 ? fusion : equalised(fusion, name, weight);
  return Object.fromEntries(
    Object.entries(fusion).map(([other, share]) => [
      other,
      { ...share, weight: other === name ? weight : (share.weight * (1 - weight)) / rest },
    ]),
  );
}

/** Where one expert had all the say, the others share what it gives up. */
function equalised(fusion: Fusion, name: string, weight: number): Fusion {
  const others = Math.max(1, Object.keys(fusion).length - 1);
  return Object.fromEntries(
    Object.entries(fusion).map(([other, share]) => [
      other,
      { ...share, weight: other === name ? weight : (1 - weight) / others },
    ]),
  );
}

function alone(fusion: Fusion, name: string): Fusion {
  return Object.fromEntries(
    Object.entries(fusion).map(([other, share]) => [other, { ...share, weight: Number(other === name) }]),
  );
}

function median(values: Float32Array): number {
  const sorted = values.slice().sort();
  const middle = sorted[Math.floor(sorted.length / 2)] ?? 0;
  return middle > 0 ? middle : 1;
}
