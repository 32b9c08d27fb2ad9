/** How often every item was taken: the plainest score there is, and the answer to someone nothing is known about. */
import type { Histories } from "#data";

/** Interactions an item has in `histories`, by catalogue index: [N + 1], exact up to 2^24. */
export function countInteractions(histories: Histories, items: number): Float32Array {
  const counts = new Float32Array(items + 1);
  for (let user = 0; user < histories.users; user++) {
    for (let at = histories.starts[user]; at < histories.ends[user]; at++) counts[histories.items[at]]++;
  }
  return counts;
}
