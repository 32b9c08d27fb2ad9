/**
 * Rule `exclude`: named items may not be recommended. What is out is -Infinity, never 0: cosines and inner products can be
 * negative.
 */

/** Takes items out of one row of scores by catalogue index. */
export function hide(scores: Float32Array, items: ArrayLike<number>): void {
  for (let at = 0; at < items.length; at++) scores[items[at]] = -Infinity;
}
