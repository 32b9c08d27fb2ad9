/**
 * Which lengths to pad training windows to, so that as little padding as possible is computed.
 *   minimise Σ_k rows_k · T_k   over at most `most` lengths T_1 < T_2 < … (each one compiled shape)
 * Windows that do not fill a batch of their own length move up to the next one, so that only the longest bucket can have
 * an unfilled batch and an epoch has ⌈windows / B⌉ steps, as it would have without buckets:
 *   batches at T_k = ⌊C(T_k)/B⌋ − ⌊C(T_{k−1})/B⌋   with C(t) windows of length ≤ t   (⌈·⌉ at the longest)
 * The cost is a sum over neighbouring lengths, so a dynamic programme finds the optimum.
 */

/** The best lengths, ascending. `counts[w]` says how many windows have length w; the last length is the longest there. */
export function bucketLengths(counts: ArrayLike<number>, batchSize: number, most: number): number[] {
  const lengths: number[] = [];
  const below: number[] = []; // batches filled by windows up to that length
  let windows = 0;
  for (let length = 1; length < counts.length; length++) {
    if (counts[length] === 0) continue;
    windows += counts[length];
    lengths.push(length);
    below.push(Math.floor(windows / batchSize));
  }
  if (lengths.length === 0) return [];
  below[below.length - 1] = Math.ceil(windows / batchSize);
  return cheapest(lengths, below, Math.max(1, most));
}

/** best[k][j]: least cost of all windows up to lengths[j] with k + 1 buckets, the last of them lengths[j]. */
function cheapest(lengths: readonly number[], below: readonly number[], most: number): number[] {
  const last = lengths.length - 1;
  const best = [lengths.map((length, j) => length * below[j])];
  const from: number[][] = [];
  for (let k = 1; k < Math.min(most, lengths.length); k++) {
    const costs = lengths.map(() => Infinity);
    const previous = lengths.map(() => -1);
    for (let j = k; j <= last; j++) {
      for (let i = k - 1; i < j; i++) {
        const cost = best[k - 1][i] + lengths[j] * (below[j] - below[i]);
        if (cost < costs[j]) [costs[j], previous[j]] = [cost, i];
      }
    }
    best.push(costs);
    from.push(previous);
  }
  // The fewest buckets among equally cheap ones: every length costs a compilation.
  let k = best.reduce((chosen, costs, at) => (costs[last] < best[chosen][last] ? at : chosen), 0);
  const chosen = [lengths[last]];
  for (let j = last; k > 0; k--) {
    j = from[k - 1][j];
    chosen.unshift(lengths[j]);
  }
  return chosen;
}
