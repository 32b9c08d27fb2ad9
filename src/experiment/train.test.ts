import { spawn } from "node:child_process";
import { once } from "node:events";
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { beforeAll, expect, test, vi } from "vitest";
import { type Event, InterruptedError } from "#base";
import { prepare } from "#data";
import { readSafetensors } from "#tensor";
import { SMALL, writeWalk } from "../../test/fixtures/walk.ts";
import { type TrainOptions, trainRun } from "./index.ts";
import { load } from "./model.ts";
import { train } from "./training.ts";

let folder: string;
let data: string;
let otherData: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "train-"));
  vi.stubEnv("DEFTREC_CACHE", join(folder, "cache"));
  data = join(folder, "data");
  otherData = join(folder, "other");
  await prepare(await writeWalk(folder), { out: data }, () => {});
  await prepare(await writeWalk(folder, { users: 90 }), { out: otherData }, () => {});
  return () => rm(folder, { recursive: true });
});

const weightsOf = async (run: string) => (await readSafetensors(join(run, "stages", "sequence.safetensors"))).arrays;
const small = (out: string, more: Partial<TrainOptions> = {}): TrainOptions => {
  return { data, model: "sasrec", config: SMALL, out: join(folder, out), ...more };
};
/** Rejections with this machine's paths taken out. */
const said = (cause: Error) => `${cause}`.replaceAll(folder, "TMP");

test("a model finds the planted rule, and the run directory tells how", async () => {
  const events: Event[] = [];
  const out = join(folder, "whole");
  const summary = await trainRun(small("whole", { seed: 3, emit: (event) => events.push(event) }));
  expect(summary).toMatchObject({ run: out, model: "sasrec", dataset: "walk", seed: 3 });
  expect(summary.best).toEqual({ metric: "NDCG@10", split: "valid", value: 1 }); // every target ranked first
  expect(summary.stages).toMatchObject([{ name: "sequence", steps: 84 }]); // 200 users / 32, rounded up, × 12 epochs
  expect((await readdir(out)).sort()).toEqual(["choices.json", "log.jsonl", "manifest.json", "metrics.json", "stages"]);
  const log = (await readFile(join(out, "log.jsonl"), "utf8")).trim().split("\n");
  expect(log.map((line) => JSON.parse(line)).filter(({ type }) => type === "epoch")).toHaveLength(12);
  expect(events.filter(({ type }) => type === "epoch")).toHaveLength(12);
  await using model = await load(out);
  const { items, cold, ignored } = await model.recommend({ history: ["item-3", "nonsense", "item-4"], topK: 3 });
  expect(items[0].item).toBe("item-5");
  expect({ cold, ignored }).toEqual({ cold: false, ignored: ["nonsense"] });
  const report = await model.evaluate({ topK: [1] });
  expect(report.metrics).toMatchObject({ "HR@1": 1, MRR: 1 });
});

test("the same seed gives the same weights, another seed others", async () => {
  const few = { config: { ...SMALL, epochs: 1 } };
  await trainRun(small("seed-a", few));
  await trainRun(small("seed-b", { ...few, runtime: { threads: 1 } }));
  await trainRun(small("seed-c", { ...few, seed: 2 }));
  const [a, b, c] = await Promise.all(["seed-a", "seed-b", "seed-c"].map((run) => weightsOf(join(folder, run))));
  expect(b).toEqual(a);
  expect(c).not.toEqual(a);
});

test("stages that a log is too small for are left out, by a fit on more of it too", async () => {
  const short = join(folder, "short");
  await mkdir(short);
  await prepare(await writeWalk(short, { least: 3 }), { out: join(short, "data") }, () => {});
  // 166 of 200 users have two items in training, and all of them more than two in the whole log.
  const config = { generator: "none", collaborative: false, rerankFrom: 170 };
  const options = { data: join(short, "data"), model: "deftrec", config };
  const left: string[] = [];
  const emit = (event: Event) => void (event.type === "message" && left.push(event.text));
  for (const fitOn of ["train", "all"] as const) {
    const out = join(short, fitOn);
    const { stages } = await trainRun({ ...options, out, fitOn, emit });
    expect(stages.map(({ name }) => name)).not.toContain("reranker");
    await using model = await load(out);
    expect(Object.keys(model.pipeline.ranker.experts ?? {})).toContain("transitions");
    expect((await model.recommend({ history: ["item-3", "item-4"], topK: 1 })).items[0].item).toBe("item-5");
  }
  const told = left.filter((text) => text.startsWith("The re-ranker is left out"));
  expect(told).toHaveLength(2); // once a fit, for all of its stages; the fit on train that chooses for all says it, too
  expect(told[0]).toMatch(/takes 170 and finds 166\.$/);
  const whole = await trainRun({ ...options, config: { ...config, rerankFrom: 160 }, out: join(short, "whole") });
  expect(whole.stages.map(({ name }) => name)).toContain("reranker");
});

test("a fit on more takes over the epochs that a fit on train chose, and cannot be asked what it knows", async () => {
  const config = { ...SMALL, epochs: 6, patience: 1, validateEvery: 1 };
  await trainRun(small("on-train", { config }));
  const events: Event[] = [];
  const summary = await trainRun(
    small("on-both", { config, fitOn: "train+valid", emit: (event) => events.push(event) }),
  );
  const [first, second] = summary.stages;
  const epochs = JSON.parse(await readFile(join(folder, "on-both", "choices.json"), "utf8")).epochs.sequence;
  expect(second.steps).toBe(epochs * 7); // 200 users / 32, rounded up
  expect(second.steps).toBeLessThanOrEqual(first.steps);
  const validated = events.filter((event) => event.type === "epoch" && event.validation !== undefined);
  expect(validated).toHaveLength(first.steps / 7); // the second fit is not validated
  expect(await weightsOf(join(folder, "on-both"))).not.toEqual(await weightsOf(join(folder, "on-train")));
  await using model = await load(join(folder, "on-both"));
  expect((await model.evaluate({ topK: [1] })).protocol.fitOn).toBe("train+valid");
  await expect(model.evaluate({ split: "valid" }).catch((cause) => Promise.reject(said(cause)))).rejects.toBe(
    "ConfigError: TMP/on-both: this run was fitted on the validation targets too. Its figures would be those of a model that knows.",
  );
  expect(await readdir(join(folder, "on-both"))).not.toContain("selection");
});

test("interrupted in the fit that chooses, a fit on all goes on to the same weights", async () => {
  const config = { ...SMALL, epochs: 3 };
  await trainRun(small("all-straight", { config, fitOn: "all" }));
  const controller = new AbortController();
  const emit = (event: Event) => event.type === "epoch" && event.epoch === 1 && controller.abort();
  const out = small("all-interrupted", { config, fitOn: "all", emit, signal: controller.signal });
  await expect(trainRun(out)).rejects.toBeInstanceOf(InterruptedError);
  await trainRun({ out: out.out, resume: true });
  expect(await weightsOf(out.out)).toEqual(await weightsOf(join(folder, "all-straight")));
  await using model = await load(out.out);
  await expect(model.evaluate()).rejects.toThrow("fitted on everything, so that it has no test");
});

test("interrupted and resumed, twice, the weights are as if it had never stopped", async () => {
  await trainRun(small("straight"));
  const out = small("interrupted");
  for (const epoch of [2, 7]) {
    const controller = new AbortController();
    const emit = (event: Event) => event.type === "epoch" && event.epoch === epoch && controller.abort();
    const stopped = trainRun({ ...out, resume: true, emit, signal: controller.signal });
    await expect(stopped).rejects.toBeInstanceOf(InterruptedError);
    expect(await readdir(join(out.out, "checkpoints"))).toEqual(["sequence.safetensors"]);
  }
  const summary = await trainRun({ out: out.out, resume: true }); // all else stands in the run
  expect(summary.stages).toMatchObject([{ name: "sequence", steps: 84 }]);
  expect(await weightsOf(out.out)).toEqual(await weightsOf(join(folder, "straight")));
});

test("killed without warning, a run is resumed from its last checkpoint, its lock taken over", async () => {
  const out = small("killed");
  const script = `
    const { train } = await import("./dist/index.js");
    const training = train(${JSON.stringify({ ...out, checkpointSeconds: 0 })});
    for await (const event of training) if (event.type === "checkpoint" && event.step > 20) console.log("now");`;
  const child = spawn(process.execPath, ["--input-type=module", "--eval", script], { cwd: resolve(".") });
  await once(child.stdout, "data");
  const ended = once(child, "exit");
  child.kill("SIGKILL");
  await ended;
  expect(await readdir(out.out)).toContain("lock");
  await trainRun({ out: out.out, resume: true });
  expect(await weightsOf(out.out)).toEqual(await weightsOf(join(folder, "straight")));
});

test("a run that was begun before the model had an option goes on with that option's default", async () => {
  const controller = new AbortController();
  const emit = (event: Event) => event.type === "epoch" && event.epoch === 2 && controller.abort();
  const begun = small("begun-before");
  await trainRun({ ...begun, emit, signal: controller.signal }).catch(said);
  const path = join(begun.out, "manifest.json");
  const manifest = JSON.parse(await readFile(path, "utf8"));
  const { windows, ...older } = manifest.config;
  expect(windows).toBeDefined();
  await writeFile(path, JSON.stringify({ ...manifest, config: older }));
  expect(await trainRun({ ...begun, config: { windows: "cut" }, resume: true }).catch(said)).toContain(
    'begun with windows = "last", not "cut"',
  );
  await trainRun({ out: begun.out, resume: true });
  expect(await weightsOf(begun.out)).toEqual(await weightsOf(join(folder, "straight")));
});

test("a run that was finished before [PREF] started at items is asked as it was trained", async () => {
  const tiny = { dim: 8, blocks: 1, hidden: 16, steps: 20, negatives: 20, pretrainEpochs: 1, epochs: 2, leastSteps: 1 };
  const config = { ...tiny, text: false, rerank: false, collaborative: false, queryStart: "none" };
  const { run } = await trainRun(small("older", { model: "deftrec", config }));
  const scoresOf = async () => {
    await using model = await load(run);
    const { ranker, key } = model.pipeline;
    return (await ranker.score(await ranker.encode([{ history: Int32Array.of(3, 4) }], key))).generator;
  };
  const before = await scoresOf();
  const path = join(run, "manifest.json");
  const manifest = JSON.parse(await readFile(path, "utf8"));
  const write = ({ queryStart, ...own }: Record<string, unknown>, more = {}) =>
    writeFile(path, JSON.stringify({ ...manifest, config: { ...own, ...more } }));
  await write(manifest.config);
  expect(await scoresOf()).toEqual(before);
  await write(manifest.config, { queryStart: "item" }); // what it was not trained as
  expect(await scoresOf()).not.toEqual(before);
});

test("what is finished is not done again: a resumed finished run answers with its summary", async () => {
  const first = await trainRun(small("finished", { model: "popularity", config: {} }));
  expect(await trainRun({ out: first.run, resume: true })).toEqual(first);
  expect(await trainRun(small("finished", { model: "popularity", config: {}, resume: true }))).toEqual(first);
});

test("a run is what it was begun as: other options and other data are refused", async () => {
  const { run } = await trainRun(small("identity", { model: "transitions", config: { decay: 0.7 } }));
  const again = (more: Partial<TrainOptions>) => trainRun({ out: run, resume: true, ...more }).catch(said);
  expect(await again({ model: "popularity" })).toMatchInlineSnapshot(
    `"ConfigError: TMP/identity: this run was begun with model = "transitions", not "popularity". A resumed run goes on as it began."`,
  );
  expect(await again({ config: { decay: 0.6 } })).toMatchInlineSnapshot(
    `"ConfigError: TMP/identity: this run was begun with decay = 0.7, not 0.6. A resumed run goes on as it began."`,
  );
  expect(await again({ seed: 4 })).toMatchInlineSnapshot(
    `"ConfigError: TMP/identity: this run was begun with seed = 1, not 4. A resumed run goes on as it began."`,
  );
  expect(await again({ maskHistory: false })).toMatchInlineSnapshot(
    `"ConfigError: TMP/identity: this run was begun with maskHistory = true, not false. A resumed run goes on as it began."`,
  );
  expect(await again({ split: { by: "ratio" } })).toMatchInlineSnapshot(
    `"ConfigError: TMP/identity: this run was begun with splitBy = "leave-two-out", not "ratio". A resumed run goes on as it began."`,
  );
  expect(await again({ split: { by: "leave-two-out" } })).toMatchObject({ run });
  expect(await again({ data: otherData })).toMatchInlineSnapshot(
    `"DataError: TMP/other: not the data that TMP/identity was trained on (content hash 2603dbf4ed96 instead of a9d16178b4a2). The log, the catalogue or the import options changed."`,
  );
  expect(await again({ config: { decay: 0.7 }, seed: 1, data })).toMatchObject({ run });
  expect(await trainRun({ out: run, data, model: "transitions" }).catch(said)).toMatchInlineSnapshot(
    `"ConfigError: --out TMP/identity: there is something already. A run is never written over."`,
  );
});

test("a split that cannot be made leaves no run behind", async () => {
  const begin = (more: Partial<TrainOptions>) =>
    trainRun(small("unsplit", { model: "popularity", config: {}, ...more })).catch(said);
  expect(await begin({ split: { by: "temporal" } })).toMatchInlineSnapshot(
    `"DataError: split temporal: this log has no times. Expected a time with each interaction, to cut everyone's history at the same moment."`,
  );
  expect(await begin({ split: { by: "ratio", at: [0.9, 0.8] } })).toMatchInlineSnapshot(
    `"ConfigError: splitAt = 0.9,0.8: expected two rising shares between 0 and 1, where validation and test begin (0.8,0.9)."`,
  );
  expect(await readdir(folder)).not.toContain("unsplit");
});

test("data that changed under a run is noticed when the run is opened", async () => {
  const moved = join(folder, "moved");
  await cp(data, moved, { recursive: true });
  const { run } = await trainRun(small("changed", { data: moved, model: "popularity", config: {} }));
  await rm(moved, { recursive: true });
  await cp(otherData, moved, { recursive: true });
  expect(await load(run).catch(said)).toMatchInlineSnapshot(
    `"DataError: TMP/moved: not the data that TMP/changed was trained on (content hash 2603dbf4ed96 instead of a9d16178b4a2). The log, the catalogue or the import options changed."`,
  );
});

test("a cleared cache is filled again from the source a run was trained on", async () => {
  const source = await writeWalk(await mkdtemp(join(folder, "source-")));
  const { run } = await trainRun(small("cached", { data: source, model: "transitions", config: {} }));
  await rm(join(folder, "cache"), { recursive: true });
  await using model = await load(run);
  expect((await model.recommend({ history: ["item-8"], topK: 1 })).items[0].item).toBe("item-9");
});

test("while one trains, another may neither write into the run nor ask it", async () => {
  const training = train(small("shared"));
  for await (const event of training) {
    if (event.type !== "epoch") continue;
    const second = await trainRun({ out: join(folder, "shared"), resume: true }).catch(said);
    expect(String(second).replace(/\d+/, "PID")).toMatchInlineSnapshot(
      `"CheckpointError: TMP/shared/lock: process PID is working on this run. Wait until it is done, or stop it; what it did is kept."`,
    );
    expect(await load(join(folder, "shared")).catch(said)).toMatchInlineSnapshot(
      `"CheckpointError: TMP/shared: this run is not finished, so that there is no model to ask."`,
    );
    break;
  }
});

test("a finished run that lost a stage says which", async () => {
  const { run } = await trainRun(small("lost", { model: "popularity", config: {} }));
  await rm(join(run, "stages", "counts.safetensors"));
  expect(await load(run).catch(said)).toMatchInlineSnapshot(
    `"CheckpointError: TMP/lost: the finished run lacks what its stage "counts" left (stages/counts.safetensors)."`,
  );
});

test("a run that fails before it has anything leaves nothing behind", async () => {
  const path = await writeWalk(await mkdtemp(join(folder, "short-")), { least: 1, users: 2 });
  const failing = trainRun({ ...small("failed", { model: "popularity", config: {} }), data: path });
  expect(await failing.catch(said)).toMatchInlineSnapshot(
    `"DataError: walk: none of its 2 users has three interactions. Expected users with at least three: one to learn from, one to validate on, one to test on."`,
  );
  expect(await readdir(folder)).not.toContain("failed");
});

test("leaving the loop interrupts; the iterator ends in the error that the result has", async () => {
  const training = train(small("left"));
  for await (const event of training) if (event.type === "epoch") break;
  await expect(training.result).rejects.toBeInstanceOf(InterruptedError);
  expect(await readdir(join(folder, "left"))).toContain("checkpoints");
  const wrong = train(small("wrong", { model: "sasrek" }));
  const iterate = async () => {
    for await (const _ of wrong);
  };
  await expect(iterate()).rejects.toThrow("did you mean");
  await expect(wrong.result).rejects.toThrow("did you mean");
});
