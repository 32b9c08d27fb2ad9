/** What must not be recommended is -Infinity, never 0: cosines and inner products can be negative. */

/** Takes items out of one row of scores, the row that starts at `offset`. */
export function hide(scores: Float32Array, offset: number, items: ArrayLike<number>): void {
  for (let at = 0; at < items.length; at++) scores[offset + items[at]] = -Infinity;
}
