/**
 * What is taken lately: an item counts more the nearer it stands to the end of someone's history.
 *   z_i = 1 + Σ_u Σ_a γ^a [item of age a in u's history is i]        age 0 is the newest, γ = 0.3
 * Needs no timestamps. Source: our own measurements (docs/log.md); no paper.
 */
import type { Histories } from "#data";

const DECAY = 0.3;
/** Beyond these γ^a is below a millionth. */
const LAST_ITEMS = 12;

/** The trend of every item by catalogue index, at least 1: [N + 1]. */
export function trendOf(histories: Histories, items: number): Float32Array {
  const trend = new Float32Array(items + 1).fill(1);
  for (let user = 0; user < histories.users; user++) {
    const recent = histories.of(user).subarray(-LAST_ITEMS);
    for (let age = 0; age < recent.length; age++) trend[recent[recent.length - 1 - age]] += DECAY ** age;
  }
  return trend;
}
