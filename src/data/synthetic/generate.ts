/**
 * A log of the invented marketplace: everyone's purchases with their times, drawn step by step from the distribution in
 * shopper.ts, and how well the truth itself ranks what was drawn last.
 * Lengths: 5 + geometric of mean 10, at most 60. Times: spread over some weeks to months inside two years.
 */
import { z } from "zod";
import { Key, Stream } from "#random";
import type { BestReachable } from "../manifest.ts";
import { bestReachable, type TrueRanks, trueRank } from "./best-reachable.ts";
import { DAY, DAYS, type Marketplace, OPENING, openMarketplace, pick } from "./marketplace.ts";
import { drawTaste, NextItem } from "./shopper.ts";

/** What `synthetic:users=…,items=…,seed=…` may say. */
export const syntheticOptions = z.strictObject({
  users: z.int().min(1).max(10_000_000).default(6000).describe("shoppers; SASRec learns from 6,000 in about a minute"),
  items: z.int().min(20).max(60_000).default(1200).describe("items, dealt to 96 kinds in 12 categories"),
  seed: z.int().min(0).default(1).describe("another seed is another marketplace"),
});
/** Parsed: every option has a value. */
export type SyntheticOptions = z.output<typeof syntheticOptions>;

/** Someone's purchases: items 0..N−1 of the marketplace, oldest first, and their times. */
export interface Shopper {
  readonly items: readonly number[];
  readonly timestamps: Float64Array;
}

const SHORTEST = 5;
const LONGEST = 60;
const MEAN_MORE = 10;

/** Draws a marketplace and its shoppers; shoppers come one at a time and their truth is summed up at the end. */
export function openLog(options: SyntheticOptions): {
  readonly market: Marketplace;
  shoppers(): Generator<Shopper>;
  /** To be asked when all shoppers have come. */
  bestReachable(): BestReachable;
} {
  const root = Key.of(options.seed).fold("marketplace");
  const market = openMarketplace(options.items, root.fold("market"));
  const next = new NextItem(market);
  const ranks = { valid: noRanks(), test: noRanks() };
  return {
    market,
    *shoppers() {
      for (let user = 0; user < options.users; user++) {
        yield drawShopper(market, next, root.fold("shopper").fold(user), ranks);
      }
    },
    bestReachable: () => bestReachable(ranks),
  };
}

const noRanks = (): TrueRanks => ({ masked: [], unmasked: [] });

function drawShopper(
  market: Marketplace,
  next: NextItem,
  key: Key,
  ranks: { readonly valid: TrueRanks; readonly test: TrueRanks },
): Shopper {
  const taste = drawTaste(market.brands, key.fold("taste"));
  const timestamps = drawTimes(key.fold("times"));
  const stream = new Stream(key.fold("purchases"));
  const owned = new Uint8Array(market.rows.length);
  const items: number[] = [];
  const count = timestamps.length;
  for (let step = 0; step < count; step++) {
    if (!next.compute(items, owned, taste, timestamps[step], step / Math.max(1, count - 1))) break;
    const item = pick(next.probabilities, stream);
    const asked = step === count - 1 ? ranks.test : step === count - 2 ? ranks.valid : undefined;
    asked?.masked.push(trueRank(next.probabilities, item, owned));
    asked?.unmasked.push(trueRank(next.probabilities, item));
    items.push(item);
    owned[item] = 1;
  }
  return { items, timestamps };
}

/** As many times as the shopper has purchases: whole seconds, ascending. */
function drawTimes(key: Key): Float64Array {
  const stream = new Stream(key);
  const more = Math.floor(Math.log(1 - stream.uniform()) / Math.log(1 - 1 / (MEAN_MORE + 1)));
  const count = Math.min(LONGEST, SHORTEST + more);
  const span = Math.min(DAYS, count * 10 * (0.5 + stream.uniform()));
  const start = stream.uniform() * (DAYS - span);
  const times = Float64Array.from({ length: count }, () =>
    Math.floor(OPENING + (start + span * stream.uniform()) * DAY),
  );
  return times.sort();
}
