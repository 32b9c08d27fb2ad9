/**
 * `kill -9` at random moments of a training's whole life, from the start of its process to its end, and `--resume` until
 * it is finished; what it leaves is compared, byte for byte, with a run that was never stopped.
 * The training has two fits (what validation chose on train is fitted on all), and keeps a checkpoint after every step, so
 * that many of the moments fall into the writing of files.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Key, Stream } from "#random";

/** What happened. */
export interface Kills {
  readonly kills: number;
  /** Trainings that were killed and resumed until they were finished. */
  readonly trainings: number;
  /** How far the run was when it was killed: nothing of it there, begun, with a checkpoint, with a finished stage. */
  readonly moments: Readonly<Record<"nothing" | "begun" | "checkpoint" | "stage", number>>;
  /** Kills in the middle of writing a file: a part of it was left. */
  readonly whileWriting: number;
  /** Trainings whose weights differ; must be 0. */
  readonly different: number;
  /** Names that are no part of a finished run, found in one or beside it; must be none. */
  readonly leftovers: readonly string[];
  /** Of the training that was never stopped. */
  readonly seconds: number;
}

const CONFIG = { dim: 16, blocks: 1, heads: 1, hidden: 16, negatives: 16, batchSize: 32, epochs: 6, validateEvery: 2 };

/** Kills `kills` times in `folder`, which must be empty; moments follow from `seed`, as far as a machine's clock does. */
export async function killAndResume(
  folder: string,
  { kills, seed, say = () => {} }: { kills: number; seed: number; say?: (line: string) => void },
): Promise<Kills> {
  const log = join(folder, "walk.txt");
  await writeFile(log, walk());
  const train = (run: string) => new Training(log, join(folder, "runs", run), join(folder, "cache"));
  await mkdir(join(folder, "runs"));
  await train("first").toItsEnd(); // fills the cache
  const startedAt = performance.now();
  await train("straight").toItsEnd();
  const life = performance.now() - startedAt;
  const expected = await weightsOf(join(folder, "runs", "straight"));
  const stream = new Stream(Key.of(seed).fold("kills"));
  const moments = { nothing: 0, begun: 0, checkpoint: 0, stage: 0 };
  const found = { kills: 0, trainings: 0, whileWriting: 0, different: 0 };
  while (found.kills < kills) {
    const name = `run-${found.trainings++}`;
    const run = join(folder, "runs", name);
    while (found.kills < kills && (await train(name).killedAfter(stream.uniform() * life))) {
      found.kills++;
      moments[await progressOf(run)]++;
      if ((await parts(join(folder, "runs"))).length > 0) found.whileWriting++;
      say(`${found.kills} of ${kills}: ${JSON.stringify(moments)}`);
    }
    await train(name).toItsEnd();
    if (!(await weightsOf(run)).equals(expected)) found.different++;
  }
  const leftovers = [...(await parts(join(folder, "runs"))), ...(await strangers(join(folder, "runs")))];
  return { ...found, moments, leftovers, seconds: life / 1000 };
}

/** One process that trains, or goes on. */
class Training {
  constructor(
    private readonly log: string,
    private readonly run: string,
    private readonly cache: string,
  ) {}

  async toItsEnd(): Promise<void> {
    const { code, complaint } = await this.#ended(this.#start());
    if (code !== 0) throw new Error(`${this.run} was not finished: ${complaint}`);
  }

  /** False: it was done before. */
  async killedAfter(milliseconds: number): Promise<boolean> {
    const child = this.#start();
    const timer = setTimeout(() => child.kill("SIGKILL"), milliseconds);
    const { code, complaint } = await this.#ended(child);
    clearTimeout(timer);
    if (code !== null && code !== 0) throw new Error(`${this.run} failed: ${complaint}`);
    return code === null;
  }

  #start() {
    const options = {
      ...{ out: this.run, data: this.log, model: "sasrec", config: CONFIG, fitOn: "all", resume: true },
      ...{ checkpointSeconds: 0, runtime: { threads: 1 } },
    };
    const script = `const { train } = await import("./dist/index.js"); await train(${JSON.stringify(options)}).result;`;
    const environment = { ...process.env, DEFTREC_CACHE: this.cache };
    return spawn(process.execPath, ["--input-type=module", "--eval", script], { cwd: ROOT, env: environment });
  }

  async #ended(child: ReturnType<typeof spawn>): Promise<{ code: number | null; complaint: string }> {
    let complaint = "";
    child.stderr?.on("data", (text) => (complaint += text));
    const [code] = await once(child, "close");
    return { code, complaint };
  }
}

/** Where dist/ is: this file runs as bench/kill.ts and as bench/.build/kill.js. */
const ROOT = fileURLToPath(new URL(import.meta.url.endsWith(".ts") ? ".." : "../..", import.meta.url));

/** Sixty users who walk over forty items. */
function walk(): string {
  const items = (user: number) => Array.from({ length: 6 + (user % 6) }, (_, step) => `item-${(user * 7 + step) % 40}`);
  return Array.from({ length: 60 }, (_, user) => `user-${user} ${items(user).join(" ")}\n`).join("");
}

/** The arrays of what the run's stage left: all of the file behind its header, which tells seconds too. */
async function weightsOf(run: string): Promise<Buffer> {
  const file = await readFile(join(run, "stages", "sequence.safetensors"));
  return file.subarray(8 + Number(file.readBigUInt64LE(0)));
}

async function progressOf(run: string): Promise<keyof Kills["moments"]> {
  const names = (await readdir(run, { recursive: true }).catch(() => [])).filter((name) => !name.endsWith(".part"));
  if (names.length === 0) return "nothing";
  if (names.some((name) => /stages.*\.safetensors$/.test(name))) return "stage";
  return names.some((name) => name.endsWith(".safetensors")) ? "checkpoint" : "begun";
}

/** Halves of files, in and beside the runs. */
async function parts(folder: string): Promise<string[]> {
  return (await readdir(folder, { recursive: true })).filter((name) => name.endsWith(".part"));
}

/** What is in a finished run and does not belong there. */
async function strangers(runs: string): Promise<string[]> {
  const own = ["choices.json", "log.jsonl", "manifest.json", "metrics.json", "stages"];
  const found: string[] = [];
  for (const run of await readdir(runs)) {
    for (const name of await readdir(join(runs, run))) if (!own.includes(name)) found.push(join(run, name));
  }
  return found;
}
