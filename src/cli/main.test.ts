/** The built command as users start it: from a log to recommendations, and Ctrl-C on the way. */
import type { ChildProcess } from "node:child_process";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, expect, test, vi } from "vitest";
import { readSafetensors } from "#tensor";
import { commandLine, deftrec, type Outcome } from "../../test/fixtures/command-line.ts";
import { SMALL, writeWalk } from "../../test/fixtures/walk.ts";

let folder: string;
const at = (name: string) => join(folder, name);
const SMALL_MODEL = Object.entries(SMALL).flatMap(([key, value]) => ["--set", `${key}=${value}`]);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "main-"));
  vi.stubEnv("DEFTREC_CACHE", at("cache"));
  await writeWalk(folder);
  return () => rm(folder, { recursive: true });
});

/** What a command with --json answers; it must have gone well. */
async function answer(...words: string[]) {
  const { code, stdout, stderr } = await deftrec([...words, "--json"]);
  expect({ code, stderr: code === 0 ? "" : stderr }).toEqual({ code: 0, stderr: "" });
  for (const line of stderr.split("\n").filter((text) => text !== "")) JSON.parse(line); // progress is JSON lines
  return JSON.parse(stdout); // one object
}

/** The same without a process of its own, where only the answer matters. */
async function answerHere(...words: string[]) {
  const { code, stdout, stderr } = await commandLine([...words, "--json"]);
  expect(code === 0 ? "" : stderr).toBe("");
  return JSON.parse(stdout);
}

/** Interrupts at the first line of progress that holds `words`. */
const interruptAt = (words: string) => {
  let sent = false;
  return (line: string, child: ChildProcess) => {
    if (sent || !line.includes(words)) return;
    sent = true;
    child.kill("SIGINT");
  };
};

const lastError = ({ stderr }: Outcome) => JSON.parse(stderr.trim().split("\n").at(-1) ?? "").error;

test("a log is imported, a model finds its rule, is measured, asked and compared", async () => {
  // 200 users with 6 items and 0, 1, …, 5 more in turn: 33 rounds of 15, then 0 and 1.
  const imported = await answer("import", at("walk.txt"), "--out", at("data"));
  expect(imported).toMatchObject({
    dataset: "walk",
    users: 200,
    items: 40,
    interactions: 1200 + 33 * 15 + 1,
    warnings: [],
  });
  expect(Object.keys(imported)).toEqual(
    ["dataset", "format", "users", "items", "interactions", "hash", "dropped", "warnings"], // product.md
  );
  const trained = await answer("train", "--data", at("data"), "--model", "sasrec", ...SMALL_MODEL, "--out", at("run"));
  expect(Object.keys(trained)).toEqual(
    ["run", "model", "dataset", "seed", "stages", "best", "seconds", "peakMemoryBytes"], // product.md
  );
  expect(trained.best).toEqual({ metric: "NDCG@10", split: "valid", value: 1 });
  const measured = await answer("evaluate", at("run"), "--topk", "1,10");
  expect(measured).toMatchObject({ split: "test", users: 200, metrics: { "HR@1": 1, "NDCG@10": 1, MRR: 1 } });
  expect(measured.protocol).toEqual({
    ranking: "full",
    maskHistory: true,
    ties: "against the target",
    fitOn: "train",
  });
  const asked = await answer("recommend", at("run"), "--history", "item-3,item-4", "--topk", "1");
  expect(asked.items).toMatchObject([{ item: "item-5" }]);
  expect((await answerHere("similar", at("run"), "--item", "item-3", "--topk", "4")).items).toHaveLength(4);
  await answerHere("train", "--data", at("data"), "--model", "popularity", "--out", at("floor"));
  const compared = await answerHere("compare", at("run"), at("floor"));
  expect(compared.rows.map(({ metrics }: { metrics: Record<string, unknown> }) => metrics["NDCG@10"])).toMatchObject([
    { mean: 1, low: 1, high: 1 },
    { mean: expect.any(Number), low: expect.any(Number), high: expect.any(Number) },
  ]);
  expect(compared.pairs[0]).toMatchObject({ a: at("run"), b: at("floor"), p: expect.any(Number) });
});

test("Ctrl-C while training: exit 130, a checkpoint, and resumed the weights of a run that never stopped", async () => {
  const training = (out: string, ...more: string[]) => [
    ...["train", "--data", at("walk.txt"), "--model", "sasrec", ...SMALL_MODEL],
    ...["--set", "epochs=40", "--set", "patience=40", "--out", at(out), "--json", ...more],
  ];
  const stopped = await deftrec(training("stopped"), interruptAt('"epoch":5,'));
  expect(stopped.code).toBe(130);
  expect(stopped.stdout).toBe("");
  expect(lastError(stopped)).toMatchObject({ code: "interrupted", hint: expect.stringContaining("--resume") });
  expect(await readdir(at("stopped/checkpoints"))).toEqual(["sequence.safetensors"]);
  expect((await commandLine(training("stopped"))).code).toBe(2); // without --resume it is only in the way
  const resumed = await deftrec(training("stopped", "--resume"));
  const straight = await deftrec(training("straight"));
  expect([resumed.code, straight.code]).toEqual([0, 0]);
  expect(JSON.parse(resumed.stdout).stages).toMatchObject([{ steps: 280 }]); // 7 batches × 40 epochs, over both starts
  const weights = (out: string) => readSafetensors(join(at(out), "stages", "sequence.safetensors"));
  expect((await weights("stopped")).arrays).toEqual((await weights("straight")).arrays);
});

test("Ctrl-C twice leaves in the middle of a step, by the signal, and nothing is said of that", async () => {
  const wide = ["--set", "dim=512", "--set", "epochs=400", "--set", "patience=400", "--set", "batchSize=200"];
  const training = ["train", "--data", at("walk.txt"), "--model", "sasrec", ...SMALL_MODEL, ...wide];
  const interrupt = interruptAt('"epoch":1,');
  const left = await deftrec([...training, "--out", at("left"), "--json"], (line, child) => {
    interrupt(line, child);
    if (line.includes('"epoch":1,')) setTimeout(() => child.kill("SIGINT"), 20); // a step takes a tenth of a second and more
  });
  expect(left.code).toBeNull(); // shells tell it as 130
  expect(JSON.parse(left.stderr.trim().split("\n").at(-1) ?? "")).toMatchObject({ type: "epoch", epoch: 1 });
});

test("Ctrl-C while importing: exit 130, nothing half-written, and it works when asked again", async () => {
  const rows = Array.from({ length: 120_000 }, (_, row) => `${row % 20_000},${(row * 7919) % 3001},${row}\n`);
  await writeFile(at("large.csv"), `user,item,timestamp\n${rows.join("")}`);
  const importing = ["import", at("large.csv"), "--out", at("large"), "--json"];
  const stopped = await deftrec(importing, interruptAt('"progress"'));
  expect(stopped.code).toBe(130);
  expect(lastError(stopped)).toMatchObject({ code: "interrupted" });
  expect((await readdir(folder)).filter((name) => name.includes("large"))).toEqual(["large.csv"]);
  expect((await deftrec(importing)).code).toBe(0);
  // 20,000 users and 3,001 items keep an evaluation busy long enough to be interrupted.
  await answerHere("train", "--data", at("large"), "--model", "popularity", "--out", at("busy"));
  const evaluating = await deftrec(["evaluate", at("busy"), "--json"], interruptAt('"what":"evaluate"'));
  expect(evaluating.code).toBe(130);
  expect(lastError(evaluating)).toMatchObject({ code: "interrupted" });
});

test("the demo shows DeftRec beside the floor and the best reachable, and a second one uses what is there", async () => {
  const words = ["demo", "--no-serve", "--data", "synthetic:users=120,items=60,seed=3", "--out", at("demo")];
  const first = await deftrec(words);
  expect(first.code).toBe(0);
  for (const word of ["popularity", "transitions", "deftrec", "best reachable", "is recommended"]) {
    expect(first.stdout).toContain(word);
  }
  const again = await answerHere(...words);
  expect(again.models.map(({ model }: { model: string }) => model)).toEqual(["popularity", "transitions", "deftrec"]);
  expect(again.bestReachable["NDCG@10"]).toBeGreaterThan(0);
  expect(again.examples).toHaveLength(3);
});
