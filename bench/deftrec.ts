/**
 * How good DeftRec is, against other models, against itself with one step or the paper's objective, and with its parts changed.
 * `npm run --silent build && npx tsc -p bench/tsconfig.json && node bench/.build/deftrec.js --runs DIR`
 *   --sets software,lastfm,industrial,beauty   --rows main,baselines,ablations (groups, or names of rows)   --seeds 1,2,3
 *   --jobs 2   --encoder DIR   --llm MODEL   --baseline-runs DIR (quality.ts's --runs: what is trained there is not trained again)
 *   --set KEY=VALUE (tried out: over every row of deftrec; results go to --results FILE)   --tables (only write them)
 * What is finished stands in bench/results/deftrec.json and is not done again; docs/deftrec-quality.md is written from it.
 * Runs and ranks stay in --runs, and another state of the model needs another: a finished run is taken as it is.
 */
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs, promisify } from "node:util";
import { readManifest } from "#experiment";
import { differencesOf, GAP_METRICS, type Gap, type History, mergedGaps, readRanks } from "./deftrec-gaps.ts";
import { type Ask, lineOf, type Row, referencesOf, rowsOf } from "./deftrec-rows.ts";
import { takeOver } from "./deftrec-shared.ts";
import { deftrecTables } from "./deftrec-table.ts";
import { machine } from "./machine.ts";
import type { QualityResult, Result, Results } from "./results.ts";

const RESULTS = "bench/results/deftrec.json";
/** Logs in which people take things again: there the history is also asked for. */
const REPEATING = ["software", "industrial"];
const CUTOFFS = "10,20,50,100";
const KEPT = /^(HR@\d+|NDCG@(10|20)|MRR|coverage@(10|20)|Gini@10|ILD@10|novelty@10|shortHead@10|ECE|logLikelihood)$/;

const { values } = parseArgs({
  options: {
    runs: { type: "string", default: "runs/deftrec" },
    "baseline-runs": { type: "string" },
    data: { type: "string", default: "../shared/data" },
    sets: { type: "string", default: "software,lastfm,industrial,beauty" },
    rows: { type: "string", default: "main,baselines" },
    seeds: { type: "string", default: "1,2,3" },
    jobs: { type: "string", default: "1" },
    threads: { type: "string", default: "1" },
    encoder: { type: "string" },
    llm: { type: "string" },
    set: { type: "string", multiple: true, default: [] },
    results: { type: "string", default: RESULTS },
    docs: { type: "string", default: "docs/deftrec-quality.md" },
    tables: { type: "boolean", default: false },
  },
});
const execute = promisify(execFile);
if (values.set.length > 0 && values.results === RESULTS) {
  throw new Error(`--set tries something out: say with --results and --docs where its figures go, not to ${RESULTS}`);
}
const sets = values.sets.split(",");
const seeds = values.seeds.split(",").map(Number);
const commit = (await execute("git", ["rev-parse", "--short", "HEAD"])).stdout.trim();
const say = (text: string) => process.stderr.write(`${text}\n`);

async function read(): Promise<Results> {
  if (!existsSync(values.results)) return { results: [], gaps: [] };
  return JSON.parse(await readFile(values.results, "utf8")) as Results; // as: this script wrote it
}

async function write(results: Results): Promise<void> {
  await writeFile(`${values.results}.part`, `${JSON.stringify(results, null, 1)}\n`);
  await rename(`${values.results}.part`, values.results);
}

const isSame = (a: Result) => (b: Result) => a.set === b.set && a.row === b.row && a.ask === b.ask && a.seed === b.seed;

/** One writer at a time: what is read must be what was written last. */
let writing: Promise<void> = Promise.resolve();
async function keep(result: Result): Promise<void> {
  writing = writing.then(async () => {
    const { results, gaps } = await read();
    await write({ results: [...results.filter((other) => !isSame(result)(other)), result], gaps });
  });
  await writing;
}

async function deftrec(...args: readonly string[]): Promise<Record<string, never>> {
  const words = ["dist/cli/main.js", ...args, "--json", "--threads", values.threads];
  return JSON.parse((await execute("node", words, { maxBuffer: 1 << 28 })).stdout);
}

const fileName = (name: string) => name.replaceAll(/[^\w.]+/g, "-");

function runOf(set: string, { name, group }: Row, seed: number): string {
  const there = values["baseline-runs"];
  const model = group === "baselines" ? name.replaceAll(/\W+/g, "-") : `deftrec-${fileName(name)}`;
  return join(group === "baselines" && there !== undefined ? there : values.runs, `${set}-${model}-${seed}`);
}

function ranksOf(set: string, row: string, ask: string, seed: number, history: History): string {
  return join(values.runs, "ranks", `${set}-${fileName(lineOf(row, ask))}-${seed}-${history}.csv`);
}

/** Trains, or finds trained. */
async function trained(set: string, row: Row, seed: number) {
  const out = runOf(set, row, seed);
  const there = existsSync(join(out, "manifest.json")) ? (await readManifest(out)).summary : undefined;
  if (there !== undefined) return { out, ...there };
  if (row.options !== undefined && row.options.length > 0) {
    await takeOver(runOf(set, { ...row, name: "default" }, seed), out, row.options);
  }
  const own = row.model === "deftrec" ? values.set.flatMap((option) => ["--set", option]) : [];
  const words = ["--data", join(values.data, set), "--model", row.model, "--out", out, "--resume"];
  const summary = await deftrec("train", ...words, "--seed", String(seed), ...row.flags, ...own);
  const { best, seconds, peakMemoryBytes } = summary as Record<string, never>;
  return { out, best: best as { value: number }, seconds, peakMemoryBytes };
}

async function measure(set: string, row: Row, seed: number, asks: readonly Ask[]): Promise<void> {
  const { out, best, seconds, peakMemoryBytes } = await trained(set, row, seed);
  for (const { name, flags } of asks) {
    const evaluate = (history: History, ...more: readonly string[]) => {
      const ranks = ranksOf(set, row.name, name, seed, history);
      return deftrec("evaluate", out, "--topk", CUTOFFS, "--ranks", ranks, ...flags, ...more);
    };
    const masked = await evaluate("masked");
    const asksTwice = REPEATING.includes(set) && !row.maskedOnly && !flags.includes("--responses");
    const unmasked = asksTwice ? await evaluate("kept", "--no-mask-history") : undefined;
    const common = { set, row: row.name, ask: name, seed, valid: best.value, masked: kept(masked.metrics) };
    const responses = masked.responses as Result["responses"]; // as: evaluate's JSON has them where they were asked for
    const costs = { seconds, askSeconds: Number(masked.seconds), peakMemoryBytes };
    const made = { commit, machine: await machine(undefined) };
    const more = { ...(unmasked && { unmasked: kept(unmasked.metrics) }), ...(responses && { responses }) };
    await keep({ ...common, ...more, ...costs, ...made });
    say(`${set} ${lineOf(row.name, name)} seed ${seed}: NDCG@10 ${common.masked["NDCG@10"].toFixed(4)}`);
  }
}

function kept(metrics: Readonly<Record<string, number>>): Record<string, number> {
  return Object.fromEntries(Object.entries(metrics).filter(([name]) => KEPT.test(name)));
}

function chosen(set: string): Row[] {
  const wanted = values.rows.split(",");
  return rowsOf(set, values).filter(({ name, group, onDemand = false, needsFile }) => {
    if (!wanted.includes(name) && !(wanted.includes(group) && !onDemand)) return false;
    if (needsFile === undefined || existsSync(needsFile)) return true;
    say(`${set} ${name}: left out, there is no ${needsFile}.`);
    return false;
  });
}

async function measureAll(): Promise<void> {
  const done = (await read()).results;
  const tasks = sets.flatMap((set) =>
    chosen(set).flatMap((row) =>
      (row.random ? seeds : seeds.slice(0, 1)).map((seed) => ({
        set,
        row,
        seed,
        asks: row.asks.filter(
          ({ name }) =>
            !done.some((one) => one.set === set && one.row === row.name && one.ask === name && one.seed === seed),
        ),
      })),
    ),
  );
  // Seed by seed: after a third of the time every line has a figure.
  const left = tasks.filter(({ asks }) => asks.length > 0).sort((a, b) => a.seed - b.seed);
  const worker = async () => {
    for (let task = left.shift(); task !== undefined; task = left.shift()) {
      const { set, row, seed, asks } = task;
      await measure(set, row, seed, asks).catch((cause) => say(`${set} ${row.name} seed ${seed} FAILED: ${cause}`));
    }
  };
  await Promise.all(Array.from({ length: Number(values.jobs) }, worker));
}

/** Every line against what it is compared with, where the ranks of both are there; older gaps stay where they are not, or of fewer seeds. */
async function compareAll(): Promise<void> {
  const { results, gaps } = await read();
  const found: Gap[] = [];
  for (const set of sets) {
    const lines = rowsOf(set, values).flatMap((row) => row.asks.map((ask) => ({ row, ask })));
    for (const history of ["masked", "kept"] as const) {
      const ranks = new Map<string, Awaited<ReturnType<typeof ranksOfLine>>>();
      for (const { row, ask } of lines) {
        ranks.set(lineOf(row.name, ask.name), await ranksOfLine(results, set, row, ask, history));
      }
      for (const { row, ask } of lines) {
        const b = lineOf(row.name, ask.name);
        for (const a of referencesOf(row, ask))
          found.push(...gapsOf({ set, history, a, b }, ranks.get(a), ranks.get(b)));
      }
    }
  }
  await write({ results, gaps: mergedGaps(gaps, found) });
}

async function ranksOfLine(
  results: readonly Result[],
  set: string,
  { name: row }: Row,
  { name: ask }: Ask,
  history: History,
) {
  const own = results.filter((one) => one.set === set && one.row === row && one.ask === ask);
  const files = await Promise.all(own.map(({ seed }) => readRanks(ranksOf(set, row, ask, seed, history))));
  return files.flatMap((file) => (file === undefined ? [] : [file]));
}

type Ranks = Awaited<ReturnType<typeof ranksOfLine>>;

function gapsOf(
  names: Pick<Gap, "set" | "history" | "a" | "b">,
  a: Ranks | undefined = [],
  b: Ranks | undefined = [],
): Gap[] {
  if (a.length === 0 || b.length === 0) return [];
  const other = [...a, ...b].find(({ users }) => users !== a[0].users);
  if (other !== undefined) throw new Error(`${names.set}: ranks of ${names.a} and ${names.b} are of different users`);
  const all = differencesOf(
    a.map(({ ranks }) => ranks),
    b.map(({ ranks }) => ranks),
  );
  return GAP_METRICS.map((metric) => ({ ...names, metric, seeds: [a.length, b.length], ...all[metric] }));
}

await mkdir(join(values.runs, "ranks"), { recursive: true });
if (!values.tables) await measureAll();
await compareAll();
// as: quality.ts wrote it
const quality = JSON.parse(await readFile("bench/results/quality.json", "utf8")) as QualityResult[];
await writeFile(values.docs, deftrecTables(await read(), quality));
