/** How many profiles are scored together: 64 MB of scores at most, and no more than models are glad of. */
export function rowsAtOnce(columns: number): number {
  return Math.max(1, Math.min(256, Math.floor((64 * 2 ** 20) / (4 * columns))));
}
