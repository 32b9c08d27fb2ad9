/** Questions inside training: what a stage that withholds a history's last items is asked about while it trains. */
import { EVERYONE, inFold } from "../fold.ts";
import type { Targets } from "./split.ts";

/**
 * The item `count` places before each target, given what stands before it. Users without one are left out, and those outside
 * the fold: nothing was withheld from them.
 */
export function withheldTargets(targets: Targets, count: number, fold = EVERYONE): Targets {
  if (count === 0) return targets;
  const kept: number[] = [];
  for (let k = 0; k < targets.count; k++) {
    if (targets.historyOf(k).length > count && inFold(targets.users[k], fold)) kept.push(k);
  }
  const historyOf = (k: number) => targets.historyOf(kept[k]).slice(0, -count);
  return {
    count: kept.length,
    users: Int32Array.from(kept, (k) => targets.users[k]),
    targets: Int32Array.from(kept, (k) => targets.historyOf(k).at(-count) ?? 0), // each kept history is longer than count
    historyOf,
  };
}
