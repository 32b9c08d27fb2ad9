/**
 * Tunes a fusion by coordinate search: one part of one expert's share after the other takes the value that measures best,
 * until a round changes nothing. It begins twice, since it stops at the first peak: at the best of one expert alone and all
 * alike, and at the weights under which the targets are likeliest (proportions.ts); the better end is kept. Experts of one
 * kind share trend and popularity: they are statistics of the same counts.
 * What is measured is the caller's: `measure` sees each user's rank and has the last word.
 */
import type { Fusion } from "./fuse.ts";
import { CONFIDENCES, POPULARITIES, POWERS, TRENDS, WEIGHTS } from "./grid.ts";
import type { Pool, PooledExpert } from "./pool.ts";
import { proportions } from "./proportions.ts";
import type { ExpertShare } from "./share.ts";
import { Trials } from "./trial.ts";

/** Higher is better; ranks count from 1, equal scores against the target, Infinity: cannot be recommended. */
export type Measure = (ranks: Float64Array) => number;

/** Gains smaller than this are noise of the search itself. */
const LEAST_GAIN = 1e-5;
const MOST_ROUNDS = 3;

/** The best fusion found, with what it measures on the pool. */
export function tune(pool: Pool, measure: Measure): { fusion: Fusion; value: number } {
  return new Search(pool, measure).run();
}

class Search {
  readonly #trials: Trials;
  readonly #names: readonly string[];
  #fusion: Fusion;
  #value: number;

  constructor(
    private readonly pool: Pool,
    private readonly measure: Measure,
  ) {
    this.#trials = new Trials(pool);
    this.#names = pool.experts.map(({ name }) => name);
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
    for (const name of this.#names) this.#consider(alone(equal, name), (fusion) => this.#trials.ranks(fusion, [name]));
    const first = this.#climbed();
    if (this.#names.length < 2) return first;
    this.#fusion = this.#likeliest(equal);
    this.#value = this.#measured(this.#fusion);
    const second = this.#climbed();
    return second.value > first.value + LEAST_GAIN ? second : first;
  }

  /** The weights under which the targets are likeliest, with shares as they are in `fusion`. */
  #likeliest(fusion: Fusion): Fusion {
    const parts = this.#names.map((name) => this.#trials.partOf(name, fusion[name]));
    const reached = [...this.pool.targetAt].filter((at) => at >= 0);
    const { weights } = proportions(
      reached.map((at) => parts.map((part) => part[at])),
      parts.length,
    );
    return Object.fromEntries(this.#names.map((name, at) => [name, { ...fusion[name], weight: weights[at] }]));
  }

  /** What coordinate search makes of the fusion that it stands at. */
  #climbed(): { fusion: Fusion; value: number } {
    for (let round = 0; round < MOST_ROUNDS; round++) {
      const before = this.#value;
      for (const expert of this.pool.experts) this.#moveOne(expert);
      for (const kind of ["logits", "mass"]) this.#movePriors(kind);
      if (this.#value < before + LEAST_GAIN) break;
    }
    this.#leaveOut();
    return { fusion: this.#fusion, value: this.#value };
  }

  /** Experts that bring nothing have no say, and need not be asked: of equals, the fusion of fewest is kept. */
  #leaveOut(): void {
    const byWeight = this.#names.filter((name) => this.#fusion[name].weight > 0);
    byWeight.sort((a, b) => this.#fusion[a].weight - this.#fusion[b].weight);
    for (const name of byWeight) {
      const without = reweighted(this.#fusion, name, 0);
      const value = without === this.#fusion ? -Infinity : this.#measured(without);
      if (value < this.#value) continue;
      this.#value = value;
      this.#fusion = without;
    }
  }

  /** Weight, power and confidence of one expert, whose moves leave the others' proportions as they are. */
  #moveOne({ name, kind }: PooledExpert): void {
    const isAlone = this.#fusion[name].weight === 1;
    const others = isAlone ? equalised(this.#fusion, name, 0) : reweighted(this.#fusion, name, 0); // they add up to 1
    const still = this.#trials.sumOf(
      others,
      this.#names.filter((other) => other !== name),
    );
    const ranks = (fusion: Fusion) => this.#trials.ranks(fusion, [name], still, 1 - fusion[name].weight);
    for (const weight of WEIGHTS) this.#consider(reweighted(this.#fusion, name, weight), ranks);
    for (const power of POWERS[kind]) this.#consider(changed(this.#fusion, [name], { power }), ranks);
    for (const confidence of CONFIDENCES) this.#consider(changed(this.#fusion, [name], { confidence }), ranks);
  }

  /** Trend and popularity of the experts of one kind, which share them. */
  #movePriors(kind: string): void {
    const alike = this.pool.experts.filter((expert) => expert.kind === kind).map(({ name }) => name);
    if (alike.length === 0) return;
    const still = this.#trials.sumOf(
      this.#fusion,
      this.#names.filter((name) => !alike.includes(name)),
    );
    for (const trend of TRENDS) {
      for (const popularity of POPULARITIES) {
        const moved = changed(this.#fusion, alike, { trend, popularity });
        this.#consider(moved, (fusion) => this.#trials.ranks(fusion, alike, still));
      }
    }
  }

  #consider(fusion: Fusion, ranks: (fusion: Fusion) => Float64Array): void {
    const value = this.measure(ranks(fusion));
    if (value <= this.#value + LEAST_GAIN) return;
    this.#value = value;
    this.#fusion = fusion;
  }

  #measured(fusion: Fusion): number {
    return this.measure(this.#trials.ranks(fusion, [], this.#trials.sumOf(fusion, this.#names)));
  }
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
