/**
 * Percentile bootstrap over users, and over seeds where a model was trained several times: how far a mean, or the difference
 * of two, would wander had other users been asked and other seeds been drawn.
 *   low, high = 2.5 % and 97.5 % quantiles of mean over drawn seeds s of mean(x_s[drawn users]), both drawn with replacement
 * Source: Efron and Tibshirani, An Introduction to the Bootstrap (1993), chapters 13 (percentile), 15 (achieved significance);
 * both levels drawn: Davison and Hinkley, Bootstrap Methods (1997), 3.8. All models get the same users, so that differences
 * are paired and what varies between users cancels; seeds are drawn for each model, since seed 1 of two models is no pair.
 * Few seeds (two, three) show less variance than there is, by (seeds − 1) / seeds: intervals are then a little short.
 */
import { type Key, Stream } from "#random";

/** A mean with its 95 % interval. */
export interface Interval {
  readonly mean: number;
  readonly low: number;
  readonly high: number;
}

/** A difference of two means with its interval, and how often a difference as large comes without one. */
export interface Difference {
  readonly difference: number;
  readonly low: number;
  readonly high: number;
  /** Two-sided; never below 2 / (resamples + 1). */
  readonly p: number;
}

/** A model's values: of each seed, of each figure, one a user (the same users in the same order everywhere). */
export type Observed = readonly (readonly Float64Array[])[]; // [seeds][figures][users]

/** Means over resampled users and seeds; made once, asked for any model's figure and any pair of models. */
export class Bootstrap {
  /** [models][figures][resamples] */
  readonly #means: readonly (readonly Float64Array[])[];

  constructor(
    readonly models: readonly Observed[],
    readonly resamples: number,
    key: Key,
  ) {
    const users = models[0]?.[0]?.[0]?.length ?? 0;
    const stream = new Stream(key);
    const seedStream = new Stream(key.fold("seeds"));
    const drawn = new Int32Array(users);
    this.#means = models.map(([first]) => first.map(() => new Float64Array(resamples)));
    for (let resample = 0; resample < resamples; resample++) {
      for (let at = 0; at < users; at++) drawn[at] = stream.below(users);
      models.forEach((seeds, model) => {
        const times = timesDrawn(seeds.length, seedStream);
        seeds.forEach((figures, seed) => {
          if (times[seed] === 0) return;
          figures.forEach((values, figure) => {
            this.#means[model][figure][resample] += (times[seed] * meanOfDrawn(values, drawn)) / seeds.length;
          });
        });
      });
    }
  }

  interval(model: number, figure: number): Interval {
    return { mean: this.#mean(model, figure), ...quantiles(this.#means[model][figure]) };
  }

  /** Model a minus model b. */
  difference(a: number, b: number, figure: number): Difference {
    const [ofA, ofB] = [this.#means[a][figure], this.#means[b][figure]];
    const differences = ofA.map((value, resample) => value - ofB[resample]);
    const below = differences.reduce((count, value) => count + Number(value <= 0), 0);
    const above = differences.reduce((count, value) => count + Number(value >= 0), 0);
    const p = Math.min(1, (2 * (Math.min(below, above) + 1)) / (this.resamples + 1));
    return { difference: this.#mean(a, figure) - this.#mean(b, figure), ...quantiles(differences), p };
  }

  #mean(model: number, figure: number): number {
    return mean(this.models[model].map((figures) => mean(figures[figure])));
  }
}

/** How often each of `seeds` comes when as many are drawn; the only one always comes. */
function timesDrawn(seeds: number, stream: Stream): number[] {
  const times = Array.from({ length: seeds }, () => 0);
  for (let draw = 0; draw < seeds; draw++) times[seeds === 1 ? 0 : stream.below(seeds)]++;
  return times;
}

function meanOfDrawn(values: Float64Array, drawn: Int32Array): number {
  let sum = 0;
  for (let at = 0; at < drawn.length; at++) sum += values[drawn[at]];
  return sum / drawn.length;
}

/** The mean of values, one a user or one a seed. */
export function mean(values: ArrayLike<number>): number {
  let sum = 0;
  for (let at = 0; at < values.length; at++) sum += values[at];
  return sum / values.length;
}

function quantiles(values: Float64Array): { low: number; high: number } {
  const sorted = values.slice().sort();
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))];
  return { low: at(0.025), high: at(0.975) };
}
