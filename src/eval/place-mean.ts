/** The mean of a value of items over all listed places: what several list metrics are, each with a value of its own. */
import type { ListContext, Tally } from "./metric.ts";

/**
 * mean@k = Σ_u Σ_{i in the first k of list_u} value(i) / Σ_u |the first k of list_u|.   Every place counts once, so that
 * with full lists it is also the mean over users of their lists' means. Kept: a sum and a count a place.
 */
export function placeMean({ longest: places }: ListContext, value: ArrayLike<number>): Tally {
  const sums = new Float64Array(places);
  const counts = new Float64Array(places);
  return {
    see: (list) => {
      const seen = Math.min(places, list.length);
      for (let place = 0; place < seen; place++) {
        sums[place] += value[list[place]];
        counts[place]++;
      }
    },
    value: (cutoff) => {
      const count = total(counts, cutoff);
      return count === 0 ? undefined : total(sums, cutoff) / count;
    },
  };
}

function total(values: Float64Array, end: number): number {
  return values.subarray(0, end).reduce((sum, value) => sum + value, 0);
}
