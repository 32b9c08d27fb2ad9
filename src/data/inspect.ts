/**
 * What is in a dataset, as figures: how long histories are, how many targets repeat, what is cold, and whether the texts
 * are fit to be read. Split and words are those of evaluation (leave-two-out; cold: at most five training interactions).
 */
import type { Dataset } from "./dataset.ts";
import type { Histories } from "./histories.ts";
import type { BestReachable, Dropped } from "./manifest.ts";
import { leaveTwoOut } from "./split/leave-two-out.ts";
import type { Targets } from "./split/split.ts";

/** At most this many training interactions make an item cold. */
const COLD = 5;

/** How far the lengths of histories spread. */
export interface Lengths {
  readonly min: number;
  readonly median: number;
  readonly mean: number;
  readonly p90: number;
  readonly max: number;
}

/** The state of a dataset, ready for JSON. */
export interface Inspection {
  readonly dataset: string;
  readonly format: string;
  readonly users: number;
  readonly items: number;
  readonly interactions: number;
  readonly hash: string;
  readonly dropped: Dropped;
  readonly warnings: readonly string[];
  readonly lengths: Lengths;
  /** Users with fewer than three interactions: trained on, never evaluated. */
  readonly shortUsers: number;
  /** First and last time, seconds UTC, where the log has times. */
  readonly time?: { readonly first: number; readonly last: number };
  /** Share of targets that stand in their history: unreachable while the history is masked. */
  readonly repeats: { readonly valid: number; readonly test: number };
  /** Repeated purchases among all interactions. */
  readonly repeatedInteractions: number;
  readonly cold: {
    /** Items with at most five training interactions, and with none. */
    readonly items: number;
    readonly neverTrained: number;
    /** Share of test targets that are such items. */
    readonly testTargets: number;
  };
  /** What could make an evaluation look better than it is. */
  readonly leaks: {
    /** Users whose whole history (three items or more) is also another user's: one's targets are in the other's training. */
    readonly twins: number;
    /** Share of test targets older than the newest training interaction: leave-two-out is not a split in time. */
    readonly testBeforeTrain?: number;
  };
  readonly text: {
    readonly withoutTitle: number;
    readonly withoutBrand: number;
    readonly withoutCategory: number;
    /** Items that share their title with another one. */
    readonly repeatedTitles: number;
    /** Items whose category says no more than their title. */
    readonly categoryIsTitle: number;
    /** Items with leftovers of HTML in a text. */
    readonly html: number;
    readonly categories: number;
    readonly brands: number;
  };
  readonly bestReachable?: BestReachable;
}

/** Measures a dataset. */
export function inspect(dataset: Dataset): Inspection {
  const { histories, manifest, catalogue } = dataset;
  const { train, valid, test } = leaveTwoOut(histories);
  const counts = new Int32Array(catalogue.size + 1);
  for (let user = 0; user < train.users; user++) for (const item of train.of(user)) counts[item]++;
  const trained = counts.subarray(1);
  const { name, format, users, items, interactions, hash, dropped, warnings, bestReachable } = manifest;
  return {
    dataset: name,
    format,
    users,
    items,
    interactions,
    hash,
    dropped,
    warnings,
    lengths: lengthsOf(histories),
    shortUsers: users - test.count,
    ...(histories.timestamps && { time: spanOf(histories.timestamps) }),
    repeats: { valid: repeatShare(valid), test: repeatShare(test) },
    repeatedInteractions: repeatedInteractions(histories, catalogue.size),
    cold: {
      items: trained.filter((count) => count <= COLD).length,
      neverTrained: trained.filter((count) => count === 0).length,
      testTargets: share(test.targets.filter((target) => counts[target] <= COLD).length, test.count),
    },
    leaks: { twins: twins(histories), ...(histories.timestamps && { testBeforeTrain: testBeforeTrain(histories) }) },
    text: textQuality(dataset),
    ...(bestReachable && { bestReachable }),
  };
}

const share = (part: number, whole: number) => (whole === 0 ? 0 : part / whole);

function lengthsOf(histories: Histories): Lengths {
  const lengths = Int32Array.from({ length: histories.users }, (_, user) => histories.lengthOf(user)).sort();
  const quantile = (q: number) => lengths[Math.min(lengths.length - 1, Math.floor(q * lengths.length))] ?? 0;
  return {
    min: lengths[0] ?? 0,
    median: quantile(0.5),
    mean: share(histories.interactions, histories.users),
    p90: quantile(0.9),
    max: lengths.at(-1) ?? 0,
  };
}

function spanOf(timestamps: Float64Array) {
  let [first, last] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const time of timestamps) {
    first = Math.min(first, time);
    last = Math.max(last, time);
  }
  return { first, last };
}

function repeatShare(targets: Targets): number {
  let repeats = 0;
  for (let k = 0; k < targets.count; k++) repeats += Number(targets.historyOf(k).includes(targets.targets[k]));
  return share(repeats, targets.count);
}

/** One pass, one mark an item: a set for every user would be an object for every interaction. */
function repeatedInteractions(histories: Histories, size: number): number {
  const lastUser = new Int32Array(size + 1).fill(-1);
  let repeats = 0;
  for (let user = 0; user < histories.users; user++) {
    for (const item of histories.of(user)) {
      repeats += Number(lastUser[item] === user);
      lastUser[item] = user;
    }
  }
  return repeats;
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

function testBeforeTrain({ timestamps = new Float64Array(), starts, ends }: Histories): number {
  let newest = Number.NEGATIVE_INFINITY;
  starts.forEach((start, user) => {
    const split = ends[user] - start >= 3;
    const end = split ? ends[user] - 2 : ends[user];
    if (end > start) newest = Math.max(newest, timestamps[end - 1]);
  });
  let [before, asked] = [0, 0];
  starts.forEach((start, user) => {
    if (ends[user] - start < 3) return;
    asked++;
    before += Number(timestamps[ends[user] - 1] < newest);
  });
  return share(before, asked);
}

function textQuality({ catalogue }: Dataset): Inspection["text"] {
  const titles = new Map<string, number>();
  const categories = new Set<string>();
  const brands = new Set<string>();
  const quality = { withoutTitle: 0, withoutBrand: 0, withoutCategory: 0, categoryIsTitle: 0, html: 0 };
  for (const { title, brand, category } of catalogue.rows) {
    if (title === undefined) quality.withoutTitle++;
    else titles.set(title, (titles.get(title) ?? 0) + 1);
    if (brand === undefined) quality.withoutBrand++;
    else brands.add(brand);
    if (category === undefined) quality.withoutCategory++;
    else categories.add(category);
    if (title !== undefined && title === category) quality.categoryIsTitle++;
    if ([title, brand, category].some((text) => text !== undefined && HTML.test(text))) quality.html++;
  }
  let repeatedTitles = 0;
  for (const count of titles.values()) if (count > 1) repeatedTitles += count;
  return { ...quality, repeatedTitles, categories: categories.size, brands: brands.size };
}

/** A tag, or an entity that was written twice (`&amp;quot;` decodes to `&quot;`). */
const HTML = /<\/?[a-z][^<>]*>|&(?:[a-z]{2,8}|#\d+);/i;
