/**
 * An invented marketplace, made from a seed: `synthetic`, or `synthetic:users=…,items=…,seed=…`. Its manifest holds the
 * best reachable figures, because the distribution every purchase was drawn from is known (see ../synthetic/).
 */
import { ConfigError, parseConfig } from "#base";
import { refuseColumns } from "../columns.ts";
import type { Database } from "../database.ts";
import type { Facts, Peek, ReadRequest, Source } from "../source.ts";
import { openLog, type SyntheticOptions, syntheticOptions } from "../synthetic/generate.ts";

/** Draws the marketplace its words describe. */
export const synthetic: Source = {
  name: "synthetic",
  title: "the synthetic marketplace",

  detect: ({ kind, source }: Peek) =>
    kind === "nothing" && /^synthetic(:|$)/.test(source) ? { confidence: 1, why: "its name says so" } : undefined,

  async files(source: string): Promise<readonly string[]> {
    parseSynthetic(source); // complain before anything is written
    return [];
  },

  async read(database: Database, { source, columns, emit }: ReadRequest): Promise<Facts> {
    refuseColumns(source, columns, "a marketplace");
    const options = parseSynthetic(source);
    const log = openLog(options);
    const listed = await database.connection.createAppender("listed");
    for (const { item, title = "", brand = "", category = "" } of log.market.rows) {
      for (const text of [item, title, brand, category]) listed.appendVarchar(text);
      listed.endRow();
    }
    listed.closeSync();
    const purchases = await database.connection.createAppender("log");
    let user = 0;
    for (const { items, timestamps } of log.shoppers()) {
      user++;
      items.forEach((item, at) => {
        purchases.appendVarchar(`u${user}`);
        purchases.appendVarchar(log.market.rows[item].item);
        purchases.appendDouble(timestamps[at]);
        purchases.appendNull(); // no rating
        purchases.endRow();
      });
      if (user % 500 !== 0) continue;
      emit({ type: "progress", what: "drawing purchases", done: user, of: options.users });
      await database.pause();
    }
    purchases.closeSync();
    return { warnings: [], bestReachable: log.bestReachable() };
  },
};

/** The options in `synthetic:users=…,items=…,seed=…`; what is not said has its default. */
export function parseSynthetic(source: string): SyntheticOptions {
  const given: Record<string, unknown> = {};
  for (const pair of source
    .replace(/^synthetic:?/, "")
    .split(",")
    .filter(Boolean)) {
    const [name, value, ...rest] = pair.split("=");
    if (value === undefined || rest.length > 0) {
      throw new ConfigError(`${source}: "${pair}" is not understood. Expected synthetic:users=…,items=…,seed=….`, {
        code: "bad-value",
        field: pair,
      });
    }
    given[name.trim()] = /^\d+$/.test(value.trim()) ? Number(value) : value;
  }
  return parseConfig(syntheticOptions, given, "synthetic");
}
