/** A made log of any size as CSV: both users and items with a long tail, in the order of time, nothing sorted by user. */
import { once } from "node:events";
import { createWriteStream } from "node:fs";
import { Key, Stream } from "#random";

export interface LogSize {
  readonly interactions: number;
  readonly users: number;
  readonly items: number;
}

/** Writes `path`; the same sizes give the same log. */
export async function writeLog(path: string, { interactions, users, items }: LogSize): Promise<void> {
  const stream = new Stream(Key.of(1));
  // The product of two uniform numbers favours the small: a long tail without a table of weights.
  const longTail = (limit: number) => Math.floor(stream.uniform() * stream.uniform() * limit);
  const out = createWriteStream(path);
  let text = "user_id,item_id,rating,timestamp\n";
  for (let at = 0; at < interactions; at++) {
    // 7919 and 104729 are prime: frequent ids are strewn over the range.
    const user = (longTail(users) * 7919) % users;
    const item = (longTail(items) * 104_729) % items;
    text += `U${100_000 + user},P${1_000_000 + item},${1 + stream.below(5)},${1_400_000_000 + at * 10 + stream.below(1000)}\n`;
    if (text.length < 1 << 20) continue;
    if (!out.write(text)) await once(out, "drain");
    text = "";
  }
  out.end(text);
  await once(out, "close");
}
