/**
 * Imports a large CSV and says what it cost: `npm run build && npx tsc -p bench/tsconfig.json && node bench/.build/large-csv.js
 * [interactions]` (10 million when not said). No twin: the claim is bounded memory (issue: below 1.5 GB), not speed.
 * Half a million users, two hundred thousand items, both with a long tail, in the order of time: nothing is sorted by user.
 */
import { mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { silent } from "#base";
import { openDataset, prepare } from "#data";
import { writeLog } from "./large-log.ts";

const interactions = Number(process.argv[2] ?? 10_000_000);
const folder = await mkdtemp(join(tmpdir(), "deftrec-bench-"));
try {
  const path = join(folder, "large.csv");
  await writeLog(path, { interactions, users: 500_000, items: 200_000 });
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
