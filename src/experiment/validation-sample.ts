/** How many users a validation asks: all, unless users times items are more scores than a training can wait for. */

/** Scores of one validation: all users' of a log like Beauty fifteen times over. */
const MOST_SCORES = 4e9;

/** Users asked of `users` with a target over `items` items; which ones is the key's to draw. */
export function validationSample(users: number, items: number): number {
  return Math.min(users, Math.ceil(MOST_SCORES / (items + 1)));
}
