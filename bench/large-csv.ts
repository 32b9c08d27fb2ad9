/**
 * Imports a large CSV and says what it cost: `npm run build && npx tsc -p bench/tsconfig.json && node bench/.build/large-csv.js
 * [interactions]` (10 million when not said). No twin: the claim is bounded memory (issue: below 1.5 GB), not speed.
 * Half a million users, two hundred thousand items, both with a long tail, in the order of time: nothing is sorted by user.
 */
import { once } from "node:events";
import { createWriteStream } from "node:fs";
import { mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { silent } from "#base";
import { openDataset, prepare } from "#data";
import { Key, Stream } from "#random";

const USERS = 500_000;
const ITEMS = 200_000;

async function writeLog(path: string, interactions: number): Promise<void> {
  const stream = new Stream(Key.of(1));
  // The product of two uniform numbers favours the small: a long tail without a table of weights.
  const longTail = (limit: number) => Math.floor(stream.uniform() * stream.uniform() * limit);
  const out = createWriteStream(path);
  let text = "user_id,item_id,rating,timestamp\n";
  for (let at = 0; at < interactions; at++) {
    // 7919 and 104729 are prime: frequent ids are strewn over the range.
    const user = (longTail(USERS) * 7919) % USERS;
    const item = (longTail(ITEMS) * 104_729) % ITEMS;
    text += `U${100_000 + user},P${1_000_000 + item},${1 + stream.below(5)},${1_400_000_000 + at * 10 + stream.below(1000)}\n`;
    if (text.length < 1 << 20) continue;
    if (!out.write(text)) await once(out, "drain");
    text = "";
  }
  out.end(text);
  await once(out, "close");
}

const interactions = Number(process.argv[2] ?? 10_000_000);
const folder = await mkdtemp(join(tmpdir(), "deftrec-bench-"));
try {
  const path = join(folder, "large.csv");
  await writeLog(path, interactions);
  const fileMegabytes = Math.round((await stat(path)).size / 1e6);
  const started = performance.now();
  const { directory, users, items } = await prepare(path, { out: join(folder, "prepared") }, silent);
  const imported = performance.now();
  const { histories } = await openDataset(directory);
  const opened = performance.now();
  const figures = {
    interactions: histories.interactions,
    users,
    items,
    fileMegabytes,
    importSeconds: Number(((imported - started) / 1000).toFixed(1)),
    openSeconds: Number(((opened - imported) / 1000).toFixed(1)),
    peakMegabytes: Math.round(process.resourceUsage().maxRSS / 1000), // kilobytes
  };
  process.stdout.write(`${JSON.stringify(figures)}\n`);
} finally {
  await rm(folder, { recursive: true, force: true });
}
