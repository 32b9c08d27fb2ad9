/**
 * The life of a model on a large log, each command a process of its own, with its seconds and its peak memory:
 * `npm run build && npx tsc -p bench/tsconfig.json && node bench/.build/scale.js`
 *   --interactions 1000000,10000000   --models transitions,bprmf
 * A million users and 200,000 items for 10 million interactions, in proportion for fewer. No twin: the claims are bounded
 * memory (4 GB on 2 cores) and growth no worse than linear. Figures go to bench/results/scale.json, in place of those of the
 * same command on the same log.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { writeLog } from "./large-log.ts";
import { machine } from "./machine.ts";

/** What one command cost. */
interface Cost {
  readonly step: string;
  readonly seconds: number;
  readonly peakMegabytes: number;
}

const MILLISECONDS_BETWEEN = 100;
const LISTED_USERS = 100_000;
const ASKED_USERS = 20_000;

/** Runs the built command line and watches its memory: the kernel keeps the highest of a process (VmHWM). */
async function deftrec(step: string, args: readonly string[]): Promise<Cost> {
  const started = performance.now();
  const child = spawn("node", ["dist/cli/main.js", ...args, "--json"], { stdio: ["ignore", "ignore", "pipe"] });
  let said = "";
  child.stderr.on("data", (piece) => {
    said = `${said}${piece}`.slice(-2000);
  });
  let peak = 0;
  const watch = setInterval(() => {
    peak = Math.max(peak, highWater(child.pid));
  }, MILLISECONDS_BETWEEN);
  const [code] = await once(child, "close");
  clearInterval(watch);
  if (code !== 0) throw new Error(`${step} ended with ${code}: ${said}`);
  const cost = { step, seconds: rounded((performance.now() - started) / 1000), peakMegabytes: Math.round(peak / 1024) };
  process.stderr.write(`${step}: ${cost.seconds} s, ${cost.peakMegabytes} MB\n`);
  return cost;
}

/** Kilobytes; 0 once the process is gone. */
function highWater(pid: number | undefined): number {
  try {
    return Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? 0);
  } catch {
    return 0;
  }
}

/** Three epochs say what an epoch costs; how many a log needs is another question. */
const MODELS = [
  ["transitions", []],
  ["bprmf", ["--set", "epochs=3", "--set", "validateEvery=3"]],
] as const;

const rounded = (value: number) => Math.round(value * 10) / 10;

/** What is known of each log; written after each command, so that a life that is cut short still tells what it cost. */
interface Life {
  readonly interactions: number;
  readonly users: number;
  readonly items: number;
  readonly costs: Cost[];
}

const RESULTS = "bench/results/scale.json";

async function keep(lives: readonly Life[]): Promise<void> {
  await writeFile(RESULTS, `${JSON.stringify({ machine: await machine(undefined), lives }, null, 1)}\n`);
}

async function live(interactions: number, models: readonly string[], lives: Life[]): Promise<void> {
  const size = { interactions, users: interactions / 10, items: interactions / 50 };
  const life = lives.find((one) => one.interactions === interactions) ?? { ...size, costs: [] };
  if (!lives.includes(life)) lives.push(life);
  const folder = await mkdtemp(join(tmpdir(), "deftrec-scale-"));
  const at = (name: string) => join(folder, name);
  const step = async (name: string, ...args: readonly string[]) => {
    const cost = await deftrec(name, args);
    const place = life.costs.findIndex((known) => known.step === name);
    life.costs.splice(place < 0 ? life.costs.length : place, place < 0 ? 0 : 1, cost);
    await keep(lives);
  };
  try {
    await writeLog(at("log.csv"), size);
    await step("import", "import", at("log.csv"), "--out", at("data"));
    const names = Array.from({ length: LISTED_USERS }, (_, user) => `U${100_000 + user}`);
    await writeFile(at("users.txt"), `${names.join("\n")}\n`);
    for (const [model, set] of MODELS.filter(([name]) => models.includes(name))) {
      const run = at(model);
      await step(`train ${model}`, "train", "--data", at("data"), "--model", model, "--out", run, ...set);
      await step(`evaluate ${model}`, "evaluate", run, "--users", String(ASKED_USERS));
      await step(`batch ${model}`, "batch", run, "--out", at(`${model}.parquet`), "--users", at("users.txt"));
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const { values } = parseArgs({
  options: {
    interactions: { type: "string", default: "1000000,10000000" },
    models: { type: "string", default: MODELS.map(([name]) => name).join() },
  },
});
const known = existsSync(RESULTS) ? (JSON.parse(readFileSync(RESULTS, "utf8")) as { lives: Life[] }).lives : []; // as: ours
for (const interactions of values.interactions.split(",")) {
  await live(Number(interactions), values.models.split(","), known);
}
