/**
 * Does `kill -9` lose or change anything?
 * `npm run build && npx tsc -p bench/tsconfig.json && node bench/.build/kills.js [KILLS] [SEED]` (100 and 1)
 * No twin: the claim is about what is left, not about speed (kill.ts).
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { killAndResume } from "./kill.ts";

const [kills = 100, seed = 1] = process.argv.slice(2).map(Number);
const folder = await mkdtemp(join(tmpdir(), "deftrec-kills-"));
const found = await killAndResume(folder, { kills, seed, say: (line) => process.stderr.write(`${line}\n`) });
await rm(folder, { recursive: true });
console.log(JSON.stringify({ seed, ...found }));
if (found.different > 0 || found.leftovers.length > 0) process.exitCode = 1;
