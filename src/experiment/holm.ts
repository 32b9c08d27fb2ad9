/**
 * Holm's step-down correction of p values: the chance of even one false discovery among m tests stays below α.
 *   p_(1) ≤ … ≤ p_(m):   adjusted_(i) = max over j ≤ i of min(1, (m − j + 1) · p_(j))
 * Source: Holm, Scandinavian Journal of Statistics 6 (1979). Nothing is assumed of how the tests depend on each other.
 */

/** Adjusted p values, in the order of `ps`. */
export function holm(ps: readonly number[]): number[] {
  const order = ps.map((_, at) => at).sort((a, b) => ps[a] - ps[b]);
  const adjusted = ps.map(() => 0);
  let highest = 0;
  order.forEach((at, rank) => {
    highest = Math.max(highest, Math.min(1, (ps.length - rank) * ps[at]));
    adjusted[at] = highest;
  });
  return adjusted;
}
