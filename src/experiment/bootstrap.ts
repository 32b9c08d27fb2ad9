/**
 * Percentile bootstrap over users: how far a mean, or the difference of two, would wander had other users been asked.
 *   low, high = 2.5 % and 97.5 % quantiles of mean(x[drawn]), users drawn with replacement, the same draws for every column
 * Source: Efron and Tibshirani, An Introduction to the Bootstrap (1993), chapters 13 (percentile) and 15 (achieved
 * significance). Same draws for all columns, so that differences are paired: what varies between users cancels.
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
  /** Two-sided; never below 1 / (resamples + 1). */
  readonly p: number;
}

/** Means of columns over resampled users; made once, asked for any column and any pair. */
export class Bootstrap {
  /** [columns][resamples] */
  readonly #means: readonly Float64Array[];

  /** `columns`: one value a user each, the same users in the same order. */
  constructor(
    readonly columns: readonly Float64Array[],
    readonly resamples: number,
    key: Key,
  ) {
    const users = columns[0]?.length ?? 0;
    const stream = new Stream(key);
    const drawn = new Int32Array(users);
    this.#means = columns.map(() => new Float64Array(resamples));
    for (let resample = 0; resample < resamples; resample++) {
      for (let at = 0; at < users; at++) drawn[at] = stream.below(users);
      columns.forEach((values, column) => {
        let sum = 0;
        for (let at = 0; at < users; at++) sum += values[drawn[at]];
        this.#means[column][resample] = sum / users;
      });
    }
  }

  interval(column: number): Interval {
    return { mean: mean(this.columns[column]), ...quantiles(this.#means[column]) };
  }

  /** Column a minus column b. */
  difference(a: number, b: number): Difference {
    const differences = this.#means[a].map((value, resample) => value - this.#means[b][resample]);
    const below = differences.reduce((count, value) => count + Number(value <= 0), 0);
    const above = differences.reduce((count, value) => count + Number(value >= 0), 0);
    const p = Math.min(1, (2 * (Math.min(below, above) + 1)) / (this.resamples + 1));
    return { difference: mean(this.columns[a]) - mean(this.columns[b]), ...quantiles(differences), p };
  }
}

function mean(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function quantiles(values: Float64Array): { low: number; high: number } {
  const sorted = values.slice().sort();
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))];
  return { low: at(0.025), high: at(0.975) };
}
