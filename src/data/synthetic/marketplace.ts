/**
 * The invented marketplace: items with titles, how popular each is, when it came to market, and what is bought after it.
 *   after item i comes the r-th item of its list with weight ∝ r^−1.2,  r = 1..8
 * Lists follow a kind's place in its category (shoes → socks → shirt), keep to the brand, lead into a neighbouring
 * category now and then, and are shared by the variants of one brand's kind but for two places. That is the planted
 * regularity: what follows depends on the order of the last items, and alike items are followed by alike items.
 * Everything is a pure function of the key.
 */
import { type Key, Stream, shuffled } from "#random";
import type { CatalogueRow } from "../catalogue.ts";
import { CATEGORIES, titleOf } from "./words.ts";

/** How long a list of followers is, and how fast its weights fall. */
const FOLLOWERS = 8;
const FALL = 1.2;
/** Places in the list that are a variant's own, counted from 0. */
const OWN_PLACES = [2, 5];

/** Seconds. */
export const DAY = 86_400;
/** 1 January 2023, UTC: the first day of the log. */
export const OPENING = 1_672_531_200;
/** How many days the log runs. */
export const DAYS = 730;

/** Items are 0..N−1 here; the catalogue counts them from 1. */
export interface Marketplace {
  readonly rows: readonly CatalogueRow[];
  readonly categoryOf: Uint8Array; // [N]
  readonly brandOf: Uint8Array; // [N]
  /** 1 for what is used up and bought again. */
  readonly usedUp: Uint8Array; // [N]
  readonly popularity: Float64Array; // [N]
  /** Before this day (from the opening) nobody can buy it. */
  readonly launchDay: Float64Array; // [N]
  readonly followers: Int32Array; // [N, FOLLOWERS], -1 where the list is shorter
  readonly followWeights: Float64Array; // [FOLLOWERS], sums to 1
  readonly brands: number;
}

interface Item extends CatalogueRow {
  readonly category: string;
  readonly categoryAt: number;
  readonly kind: number; // over all categories
  readonly brandAt: number;
  readonly usedUp: boolean;
  /** Items of one brand's kind differ in colour or pack only. */
  readonly line: string;
}

/** Builds the marketplace of `size` items. */
export function openMarketplace(size: number, key: Key): Marketplace {
  const brands = [...new Set(CATEGORIES.flatMap((category) => category.brands))];
  const items = listItems(size, brands);
  const popularity = longTail(size, key.fold("popularity"));
  return {
    rows: items.map(({ item, title, brand, category }) => ({ item, title, brand, category })),
    categoryOf: Uint8Array.from(items, (item) => item.categoryAt),
    brandOf: Uint8Array.from(items, (item) => item.brandAt),
    usedUp: Uint8Array.from(items, (item) => Number(item.usedUp)),
    popularity,
    launchDay: launches(size, key.fold("launch")),
    followers: followers(items, popularity, key.fold("followers")),
    followWeights: normalised(Float64Array.from({ length: FOLLOWERS }, (_, at) => (at + 1) ** -FALL)),
    brands: brands.length,
  };
}

/** Items dealt to the kinds in equal runs, so that any size has all categories. */
function listItems(size: number, brands: readonly string[]): Item[] {
  const kinds = CATEGORIES.flatMap((category, categoryAt) =>
    category.kinds.map((kind) => ({ category, categoryAt, kind })),
  );
  const ofKind = new Int32Array(kinds.length);
  const ofCategory = new Int32Array(CATEGORIES.length);
  return Array.from({ length: size }, (_, at) => {
    const kindAt = Math.floor((at * kinds.length) / size);
    const { category, categoryAt, kind } = kinds[kindAt];
    const within = ofKind[kindAt]++;
    const number = ++ofCategory[categoryAt];
    const brand = category.brands[within % category.brands.length];
    const usedUp = kind.endsWith("*");
    return {
      item: `${category.name.toLowerCase().replaceAll(" ", "-")}-${String(number).padStart(3, "0")}`,
      title: titleOf(brand, kind.replace("*", ""), usedUp, Math.floor(within / category.brands.length), kindAt),
      brand,
      category: category.name,
      categoryAt,
      kind: kindAt,
      brandAt: brands.indexOf(brand),
      usedUp,
      line: `${brand} ${kind}`,
    };
  });
}

/** Popularity falls with rank as (rank + 5)^−0.7; ranks are dealt at random. */
function longTail(size: number, key: Key): Float64Array {
  const popularity = new Float64Array(size);
  shuffled(key, size).forEach((item, rank) => {
    popularity[item] = (rank + 5) ** -0.7;
  });
  return normalised(popularity);
}

/** One item in sixteen comes to market in the last four months: cold when the log ends. */
function launches(size: number, key: Key): Float64Array {
  const stream = new Stream(key);
  return Float64Array.from({ length: size }, () => {
    const [late, when] = [stream.uniform() < 1 / 16, stream.uniform()];
    return late ? DAYS - 120 * when : 0;
  });
}

/** Draws everyone's list: the line's, with a variant's own items at two places. */
function followers(items: readonly Item[], popularity: Float64Array, key: Key): Int32Array {
  const byKind = CATEGORIES.flatMap(({ kinds }) => kinds.map((): number[] => []));
  items.forEach(({ kind }, at) => {
    byKind[kind].push(at);
  });
  const draw = (from: Item, stream: Stream): number => {
    const candidates = byKind[nextKind(from, stream)];
    const weights = candidates.map((at) => popularity[at] * (items[at].brandAt === from.brandAt ? SAME_BRAND : 1));
    return candidates.length === 0 ? -1 : candidates[pick(weights, stream)];
  };
  const lists = new Int32Array(items.length * FOLLOWERS).fill(-1);
  items.forEach((item, at) => {
    const shared = new Stream(key.fold(item.line));
    const own = new Stream(key.fold("own").fold(at));
    const list = lists.subarray(at * FOLLOWERS, (at + 1) * FOLLOWERS);
    for (let place = 0; place < FOLLOWERS; place++) {
      // A few tries for an item that is not in the list yet; a tiny marketplace may have none.
      for (let attempt = 0; attempt < 20 && list[place] < 0; attempt++) {
        const next = draw(item, OWN_PLACES.includes(place) ? own : shared);
        if (next !== at && !list.includes(next)) list[place] = next;
      }
    }
  });
  return lists;
}

/** How much likelier the next thing is of the brand just bought. */
const SAME_BRAND = 4;

/** The kind of a follower: most often the next in the category, sometimes the one after, any, or a neighbour category's. */
function nextKind({ kind, categoryAt }: Item, stream: Stream): number {
  const width = CATEGORIES[0].kinds.length;
  const place = kind % width;
  const [which, any] = [stream.uniform(), stream.below(width)];
  if (which < 0.45) return categoryAt * width + ((place + 1) % width);
  if (which < 0.65) return categoryAt * width + ((place + 2) % width);
  if (which < 0.85) return categoryAt * width + (any === place ? (place + 3) % width : any);
  return ((categoryAt + 1) % CATEGORIES.length) * width + any;
}

/** The position of a draw by weight. */
export function pick(weights: ArrayLike<number>, stream: Stream): number {
  let total = 0;
  for (let at = 0; at < weights.length; at++) total += weights[at];
  let left = stream.uniform() * total;
  for (let at = 0; at < weights.length; at++) {
    left -= weights[at];
    if (left < 0) return at;
  }
  // Rounding may leave a grain: the last item that can be drawn.
  for (let at = weights.length - 1; at > 0; at--) if (weights[at] > 0) return at;
  return 0;
}

function normalised(weights: Float64Array): Float64Array {
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return weights.map((weight) => weight / total);
}
