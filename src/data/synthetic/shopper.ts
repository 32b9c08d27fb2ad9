/**
 * One shopper of the invented marketplace, and the distribution of what they take next:
 *   p(next | history, time) = .55 after(last) + .18 after(the one before) + .14 taste × season + .05 popular + .08 again
 * Each part is normalised over what can be had (launched, not yet owned; `again`: used-up things owned); a part that has
 * nothing to offer leaves its weight to the others. Tastes drift from one pair of favourite categories to another; seasons
 * are a yearly wave. The log is drawn from this very distribution, so that the best reachable ranking is known.
 */
import { type Key, Stream } from "#random";
import { DAY, type Marketplace, OPENING } from "./marketplace.ts";
import { CATEGORIES } from "./words.ts";

const WEIGHTS = { last: 0.55, before: 0.18, taste: 0.14, popular: 0.05, again: 0.08 } as const;

/** A thing used up is bought again the likelier the fewer others were bought since. */
const AGAIN_FALL = 0.8;
/** Height of the yearly wave. */
const SEASON = 0.8;
/** How much a favourite brand is preferred. */
const FAVOURITE_BRAND = 3;

/** What someone likes: weights by category at the start and at the end of their time, and by brand. */
export interface Taste {
  readonly first: Float64Array; // [categories]
  readonly last: Float64Array; // [categories]
  readonly brands: Float64Array; // [brands]
}

/** Two favourite categories, of which one is exchanged over time, and two favourite brands. */
export function drawTaste(brands: number, key: Key): Taste {
  const stream = new Stream(key);
  const count = CATEGORIES.length;
  const main = stream.below(count);
  const [from, to] = [stream.below(count), stream.below(count)];
  const favouring = (second: number) => {
    const weights = new Float64Array(count).fill(0.2 / count);
    weights[main] += 0.45;
    weights[second] += 0.35;
    return weights;
  };
  const brandWeights = new Float64Array(brands).fill(1);
  for (let favourite = 0; favourite < 2; favourite++) brandWeights[stream.below(brands)] = FAVOURITE_BRAND;
  return { first: favouring(from), last: favouring(to), brands: brandWeights };
}

/** Computes p(next | …) into one array that is used again for every step. */
export class NextItem {
  readonly probabilities: Float64Array; // [N]
  readonly #popular: Float64Array;
  readonly #liked: Float64Array;

  constructor(readonly market: Marketplace) {
    this.probabilities = new Float64Array(market.rows.length);
    this.#popular = new Float64Array(market.rows.length);
    this.#liked = new Float64Array(market.rows.length);
  }

  /**
   * The distribution after `history` (items 0..N−1, oldest first, `owned` its members) at `timestamp`; `progress` runs from 0
   * to 1 over the shopper's time. False when nothing at all can be had.
   */
  compute(history: readonly number[], owned: Uint8Array, taste: Taste, timestamp: number, progress: number): boolean {
    const { market, probabilities } = this;
    const day = (timestamp - OPENING) / DAY;
    const free = (item: number) => owned[item] === 0 && market.launchDay[item] <= day;
    probabilities.fill(0);
    let given = this.#addFollowers(history.at(-1), WEIGHTS.last, free);
    given += this.#addFollowers(history.at(-2), WEIGHTS.before, free);
    given += this.#addAgain(history);
    given += this.#addTastes(taste, owned, day, progress);
    for (let item = 0; item < probabilities.length; item++) probabilities[item] /= given;
    return given > 0;
  }

  #addFollowers(item: number | undefined, weight: number, free: (item: number) => boolean): number {
    if (item === undefined) return 0;
    const { followers, followWeights } = this.market;
    const list = followers.subarray(item * followWeights.length, (item + 1) * followWeights.length);
    let total = 0;
    list.forEach((next, place) => {
      if (next >= 0 && free(next)) total += followWeights[place];
    });
    if (total === 0) return 0;
    list.forEach((next, place) => {
      if (next >= 0 && free(next)) this.probabilities[next] += (weight * followWeights[place]) / total;
    });
    return weight;
  }

  #addAgain(history: readonly number[]): number {
    const latest = new Map<number, number>(); // item → how many were bought since; the last purchase has nothing to replace yet
    for (let at = history.length - 2; at >= 0; at--) {
      const item = history[at];
      if (this.market.usedUp[item] === 1 && item !== history[history.length - 1] && !latest.has(item)) {
        latest.set(item, AGAIN_FALL ** (history.length - 2 - at));
      }
    }
    let total = 0;
    for (const weight of latest.values()) total += weight;
    for (const [item, weight] of latest) this.probabilities[item] += (WEIGHTS.again * weight) / total;
    return total === 0 ? 0 : WEIGHTS.again;
  }

  /** Both parts that reach every item: what is popular, and what is to the shopper's taste in this season. */
  #addTastes(taste: Taste, owned: Uint8Array, day: number, progress: number): number {
    const { popularity, categoryOf, brandOf, launchDay } = this.market;
    const [popular, liked] = [this.#popular, this.#liked];
    const byCategory = CATEGORIES.map(
      (_, at) => ((1 - progress) * taste.first[at] + progress * taste.last[at]) * seasonOf(at, day),
    );
    let [popularTotal, likedTotal] = [0, 0];
    for (let item = 0; item < popular.length; item++) {
      popular[item] = owned[item] === 0 && launchDay[item] <= day ? popularity[item] : 0;
      liked[item] = popular[item] * byCategory[categoryOf[item]] * taste.brands[brandOf[item]];
      popularTotal += popular[item];
      likedTotal += liked[item];
    }
    if (popularTotal === 0) return 0;
    const [popularScale, likedScale] = [WEIGHTS.popular / popularTotal, WEIGHTS.taste / likedTotal];
    for (let item = 0; item < popular.length; item++) {
      this.probabilities[item] += popularScale * popular[item] + likedScale * liked[item];
    }
    return WEIGHTS.popular + WEIGHTS.taste;
  }
}

/** 1 + .8 cos: highest in the middle of the category's best month. */
function seasonOf(category: number, day: number): number {
  const peak = ((CATEGORIES[category].peakMonth - 0.5) / 12) * 365;
  return 1 + SEASON * Math.cos((2 * Math.PI * (day - peak)) / 365);
}
