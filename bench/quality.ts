/**
 * The table of models: every model on every log, several seeds where training is random, by the built command line as a
 * user would call it. `npm run --silent build && npx tsc -p bench/tsconfig.json && node bench/.build/quality.js --runs DIR`
 *   --data ../shared/data   --sets software,lastfm   --models ease,sasrec   --seeds 1,2,3   --jobs 2   --encoder DIR
 * What is finished stands in bench/results/quality.json and is not done again; docs/quality.md is written from it.
 * Models are fitted on train and chosen on validation by the command itself; test is read once a run.
 */
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs, promisify } from "node:util";
import { machine } from "./machine.ts";
import { tableOf } from "./quality-table.ts";
import type { QualityResult } from "./results.ts";

/** A row of the table: what is called, and on which logs it can be. */
interface Row {
  readonly name: string;
  readonly model: string;
  readonly flags: readonly string[];
  /** Training draws numbers: several seeds say how much of the figure is chance. */
  readonly random: boolean;
  readonly needsText?: boolean;
}

const RESULTS = "bench/results/quality.json";
/** Logs in which people take things again: there the history is also asked for. */
const REPEATING = ["software", "industrial"];
/** Logs whose texts say something: LastFM's are artists' names alone. */
const WORDLESS = ["lastfm"];

const { values } = parseArgs({
  options: {
    runs: { type: "string", default: "runs/quality" },
    data: { type: "string", default: "../shared/data" },
    sets: { type: "string", default: "software,lastfm,industrial,beauty,ml1m" },
    models: { type: "string" },
    seeds: { type: "string", default: "1,2,3" },
    jobs: { type: "string", default: "1" },
    encoder: { type: "string" },
  },
});

function rows(): Row[] {
  const encoder = values.encoder === undefined ? [] : ["--text-encoder", values.encoder];
  const floor = (name: string, flags: readonly string[] = [], needsText = false): Row => {
    return { name, model: name.split(" ")[0], flags, random: false, needsText };
  };
  const learned = (name: string): Row => ({ name, model: name, flags: [], random: true });
  return [
    floor("popularity"),
    floor("itemknn"),
    floor("ease"),
    floor("transitions"),
    floor("transitions + text", ["--set", "text=true"], true),
    ...(encoder.length === 0
      ? []
      : [floor("transitions + text + sentences", ["--set", "text=true", ...encoder], true)]),
    learned("bprmf"),
    learned("lightgcn"),
    learned("gru4rec"),
    learned("sasrec"),
  ];
}

async function read(): Promise<QualityResult[]> {
  if (!existsSync(RESULTS)) return [];
  return JSON.parse(await readFile(RESULTS, "utf8")) as QualityResult[]; // as: this script wrote it
}

async function keep(result: QualityResult): Promise<void> {
  const others = (await read()).filter(
    ({ set, row, seed }) => set !== result.set || row !== result.row || seed !== result.seed,
  );
  await writeFile(`${RESULTS}.part`, `${JSON.stringify([...others, result], null, 1)}\n`);
  await rename(`${RESULTS}.part`, RESULTS);
}

async function deftrec(...args: readonly string[]): Promise<Record<string, never>> {
  const { stdout } = await promisify(execFile)("node", ["dist/cli/main.js", ...args, "--json", "--threads", "1"], {
    maxBuffer: 1 << 28,
  });
  return JSON.parse(stdout);
}

async function run(set: string, { name, model, flags }: Row, seed: number): Promise<QualityResult> {
  const out = join(values.runs, `${set}-${name.replaceAll(/\W+/g, "-")}-${seed}`);
  const trained = ["train", "--data", join(values.data, set), "--model", model, "--out", out, "--resume"];
  const { best, seconds, peakMemoryBytes } = await deftrec(...trained, "--seed", String(seed), ...flags);
  const { metrics: masked } = await deftrec("evaluate", out);
  const unmasked = REPEATING.includes(set) ? (await deftrec("evaluate", out, "--no-mask-history")).metrics : undefined;
  const { value } = best as { value: number };
  const common = {
    set,
    row: name,
    seed,
    valid: value,
    masked,
    seconds,
    peakMemoryBytes,
    machine: await machine(undefined),
  };
  return unmasked === undefined ? common : { ...common, unmasked };
}

await mkdir(values.runs, { recursive: true });
const seeds = values.seeds.split(",").map(Number);
const wanted = values.models?.split(",");
const done = await read();
const tasks = values.sets.split(",").flatMap((set) =>
  rows()
    .filter(({ model, needsText }) => (wanted?.includes(model) ?? true) && !(needsText && WORDLESS.includes(set)))
    .flatMap((row) => seeds.slice(0, row.random ? seeds.length : 1).map((seed) => ({ set, row, seed }))),
);
const left = tasks.filter(
  ({ set, row, seed }) => !done.some((result) => result.set === set && result.row === row.name && result.seed === seed),
);
let writing = Promise.resolve();
const worker = async () => {
  for (let task = left.shift(); task !== undefined; task = left.shift()) {
    const { set, row, seed } = task;
    try {
      const result = await run(set, row, seed);
      process.stderr.write(
        `${set} ${row.name} seed ${seed}: ${result.masked["NDCG@10"].toFixed(4)}, ${Math.round(result.seconds)} s\n`,
      );
      writing = writing.then(() => keep(result));
      await writing;
    } catch (cause) {
      process.stderr.write(`${set} ${row.name} seed ${seed} FAILED: ${cause}\n`);
    }
  }
};
await Promise.all(Array.from({ length: Number(values.jobs) }, worker));
await writing;
await writeFile("docs/quality.md", tableOf(await read()));
