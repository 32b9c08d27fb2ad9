/**
 * What could make an evaluation look better than it is, or make it a matter of chance: questions whose answer stands in
 * another user's training, in the future, under another id, or in an order that the log does not know.
 */
import type { Catalogue } from "../catalogue.ts";
import type { Histories } from "../histories.ts";
import type { Split, Targets } from "../split/split.ts";
import { groupsOfCopies } from "./copies.ts";
import { share } from "./log.ts";

/** Shares are of test targets. */
export interface Leaks {
  /** Users whose whole history (three items or more) is also another user's: one's targets are in the other's training. */
  readonly twins: number;
  /** Targets older than the newest training interaction: the model learns from their future. */
  readonly testBeforeTrain?: number;
  /** Targets taken in the same second as the item before them: which of the two was last is the file's order, or chance. */
  readonly sameTime?: number;
  /** Targets whose copy (another item of the same title and brand) stands in the history: no mask takes it out. */
  readonly copyInHistory: number;
}

/** Looks for what is known to go wrong. */
export function leaksOf(histories: Histories, catalogue: Catalogue, split: Split): Leaks {
  const { test } = split;
  const { timestamps } = test;
  return {
    twins: twins(histories),
    ...(timestamps && {
      testBeforeTrain: testBeforeTrain(split, timestamps),
      sameTime: sameTime(histories, test, timestamps),
    }),
    copyInHistory: copyInHistory(test, groupsOfCopies(catalogue.rows)),
  };
}

/** Histories are told apart by a 53-bit hash: among a million users a false twin is a matter of 1 to 18,000. */
function twins(histories: Histories): number {
  const seen = new Map<number, number>();
  for (let user = 0; user < histories.users; user++) {
    const items = histories.of(user);
    if (items.length < 3) continue;
    let [a, b] = [items.length, 0x9e3779b9];
    for (const item of items) {
      a = Math.imul(a ^ item, 0x01000193);
      b = Math.imul(b + item, 0x85ebca6b) ^ (b >>> 13);
    }
    const hash = (a >>> 0) * 2 ** 21 + (b >>> 11); // 53 bits: what a number holds exactly
    seen.set(hash, (seen.get(hash) ?? 0) + 1);
  }
  let count = 0;
  for (const users of seen.values()) if (users > 1) count += users;
  return count;
}

function testBeforeTrain({ train, test }: Split, asked: Float64Array): number {
  let newest = Number.NEGATIVE_INFINITY;
  train.ends.forEach((end, user) => {
    if (train.timestamps && end > train.starts[user]) newest = Math.max(newest, train.timestamps[end - 1]);
  });
  return share(asked.filter((time) => time < newest).length, test.count);
}

function sameTime({ starts, timestamps = new Float64Array() }: Histories, test: Targets, asked: Float64Array): number {
  let same = 0;
  test.users.forEach((user, k) => {
    same += Number(timestamps[starts[user] + test.historyOf(k).length - 1] === asked[k]);
  });
  return share(same, test.count);
}

function copyInHistory(test: Targets, groups: Int32Array): number {
  let found = 0;
  test.targets.forEach((target, k) => {
    const group = groups[target];
    if (group === 0) return;
    found += Number(test.historyOf(k).some((item) => item !== target && groups[item] === group));
  });
  return share(found, test.count);
}
