import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, expect, test, vi } from "vitest";
import { type Event, InterruptedError } from "#base";
import { prepare } from "#data";
import { easeBytes } from "#retrieval";
import { readSafetensors } from "#tensor";
import { SMALL, writeWalk } from "../../test/fixtures/walk.ts";
import { type SearchOptions, type SearchReport, search, trainRun } from "./index.ts";
import { readManifest } from "./manifest.ts";

let folder: string;
let data: string;
const at = (...names: string[]) => join(folder, ...names);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "search-"));
  vi.stubEnv("DEFTREC_CACHE", at("cache"));
  data = at("data");
  await prepare(await writeWalk(folder), { out: data }, () => {});
  return () => rm(folder, { recursive: true });
});

/** Without this machine's paths, and without the models and options there are, which come and go. */
const said = (cause: Error) => `${cause}`.replaceAll(folder, "TMP").replace(/Known (\w+): [^.]*\./, "Known $1: ….");
const weightsOf = async (run: string) => (await readSafetensors(join(run, "stages", "sequence.safetensors"))).arrays;

/** A report without what a clock says and where it lies. */
function lasting({ search: _, seconds: _seconds, best, trials, ...rest }: SearchReport) {
  return { ...rest, best: best.trial, trials: trials.map(({ seconds: _spent, ...trial }) => trial) };
}

const halving = (out: string, more: Partial<SearchOptions> = {}): SearchOptions => ({
  ...{ out: at(out), data, model: "sasrec", strategy: "halving", trials: 3, eta: 3, runtime: { threads: 1 } },
  space: { ...SMALL, epochs: 6, validateEvery: 2, learningRate: { min: 1e-4, max: 0.03, log: true } },
  ...more,
});

test("random search trains each configuration once, the best stands first, test is not asked", async () => {
  const report = await search({
    out: at("random"),
    data,
    model: "transitions",
    space: { decay: [0.2, 0.9] },
    trials: 5,
  });
  expect(report).toMatchObject({ strategy: "random", split: "valid", budget: { trials: 2, epochs: 0 } });
  expect(report.trials.map(({ config }) => config.decay).sort()).toEqual([0.2, 0.9]); // of 5 trials the space holds 2
  const values = report.trials.map(({ value }) => value ?? 0);
  expect(values).toEqual([...values].sort((a, b) => b - a));
  expect(report.best).toMatchObject({ value: values[0], run: at("random", report.best.trial) });
  expect((await readdir(at("random"))).sort()).toEqual(["search.json", "trial-001", "trial-002"]);
  const kept = JSON.parse(await readFile(at("random", "search.json"), "utf8"));
  expect(kept).toMatchObject({ state: "finished", best: report.best.trial });
  // A trial is the run that train makes of the same options.
  const alone = await trainRun({ out: at("alone"), data, model: "transitions", config: report.best.config });
  expect(alone.best).toEqual({ metric: report.metric, split: "valid", value: report.best.value });
  expect(await readdir(at("random", "trial-001"))).not.toContain("test");
  expect(Object.keys(JSON.parse(await readFile(at("random", "trial-001", "metrics.json"), "utf8")))).toEqual(["valid"]);
});

test("halving pauses all, the best goes on to the end, and equals a run that was never paused", async () => {
  const events: Event[] = [];
  const report = await search(halving("halved", { emit: (event) => events.push(event) }));
  expect(report.rungs).toEqual([{ trials: 3, epochs: 2 }, { trials: 1 }]);
  expect(report.trials.map(({ rungs, finished }) => [rungs, finished])).toEqual([
    [2, true],
    [1, false],
    [1, false],
  ]);
  expect(report.budget).toEqual({ trials: 3, epochs: 2 * 2 + 6 });
  // 3 trials for 2 epochs, 1 of them for 4 more: no epoch was done twice.
  expect(events.filter(({ type }) => type === "epoch")).toHaveLength(10);
  const { values } = JSON.parse(await readFile(at("halved", "search.json"), "utf8")).results.find(
    ({ trial }: { trial: string }) => trial === report.best.trial,
  );
  expect(values).toHaveLength(2);
  await trainRun({
    out: at("never-paused"),
    data,
    model: "sasrec",
    config: report.best.config,
    runtime: { threads: 1 },
  });
  expect(await weightsOf(report.best.run)).toEqual(await weightsOf(at("never-paused")));
  // Interrupted on the first rung and on the second, it comes to the same.
  const out = at("halved-twice");
  for (const stopAt of [3, 4]) {
    const controller = new AbortController();
    let seen = 0;
    const emit = (event: Event) => event.type === "epoch" && ++seen === stopAt && controller.abort();
    const stopped = search(halving("halved-twice", { resume: true, emit, signal: controller.signal }));
    await expect(stopped).rejects.toBeInstanceOf(InterruptedError);
  }
  expect(lasting(await search({ out, resume: true }))).toEqual(lasting(report));
  expect(await weightsOf(join(out, report.best.trial))).toEqual(await weightsOf(report.best.run));
  // What is finished is not done again.
  const again: Event[] = [];
  expect(lasting(await search({ out, resume: true, emit: (event) => again.push(event) }))).toEqual(lasting(report));
  expect(again.filter(({ type }) => type === "epoch")).toEqual([]);
}, 120_000);

test("a trial that cannot be trained does not stop the others, and stands last with its reason", async () => {
  const searching = (out: string, memoryBytes: number) =>
    search({ out: at(out), data, model: "ease", space: { keep: [1, 40] }, trials: 2, memoryBytes });
  const { best, trials } = await searching("partly", easeBytes(40, 1) + 1); // enough for keep = 1 alone
  expect(best.config).toEqual({ keep: 1 });
  expect(trials[1]).toMatchObject({ config: { keep: 40 }, finished: false, rungs: 0 });
  expect(trials[1].failed).toContain("the inverse over 40 items takes");
  expect(`${await searching("hopeless", 1000).catch(said)}`).toContain(
    "TMP/hopeless: none of the trials can be trained.",
  );
});

test("what is wrong is said before anything runs", async () => {
  const begin = (more: Partial<SearchOptions>) => {
    return search({ out: at("wrong"), data: at("nowhere"), model: "sasrec", ...more }).catch(said);
  };
  expect([
    await begin({ space: { learnigRate: [1] } }),
    await begin({ space: { dropout: [0.1, 2] } }),
    await begin({ trials: 0 }),
    await begin({ strategy: "halving", eta: 1 }),
    await begin({ strategy: "halving", space: { epochs: [2, 4] } }),
    await begin({ strategy: "halving", model: "popularity" }),
    await begin({ space: { dim: 10, heads: [3, 4] } }),
    await begin({ data: undefined }),
    await begin({ model: "sasrek" }),
  ]).toMatchInlineSnapshot(`
    [
      "ConfigError: search space of sasrec: unknown key "learnigRate", did you mean "learningRate"? Known keys: ….",
      "ConfigError: search space of sasrec: "dropout" = 2: Too big: expected number to be <=0.95.",
      "ConfigError: search: trials = 0: expected a whole number from 1 up.",
      "ConfigError: search: eta = 1: expected a whole number from 2 up.",
      "ConfigError: search: epochs are what halving gives out, so that they are the same for all trials.",
      "ConfigError: search: popularity has no epochs to give out in parts. Expected --strategy random.",
      "ConfigError: sasrec: "heads" = 4 does not divide "dim" = 10 into equal parts.",
      "ConfigError: search: data is missing.",
      "ConfigError: unknown model "sasrek", did you mean "sasrec"? Known models: ….",
    ]
  `);
  expect(await readdir(folder)).not.toContain("wrong");
});

test("a search is what it was begun as, and is not written over", async () => {
  const begun: SearchOptions = { out: at("identity"), data, model: "transitions", space: { decay: 0.5 }, trials: 1 };
  await search(begun);
  const again = (more: Partial<SearchOptions>) => search({ out: begun.out, resume: true, ...more }).catch(said);
  expect([
    await again({ space: { decay: 0.4 } }),
    await again({ trials: 2 }),
    await again({ seed: 2 }),
    await search(begun).catch(said),
  ]).toMatchInlineSnapshot(`
    [
      "ConfigError: TMP/identity: this search was begun with space = {"decay":0.5}, not {"decay":0.4}. A resumed search goes on as it began.",
      "ConfigError: TMP/identity: this search was begun with trials = 1, not 2. A resumed search goes on as it began.",
      "ConfigError: TMP/identity: this search was begun with seed = 1, not 2. A resumed search goes on as it began.",
      "ConfigError: --out TMP/identity: there is something already. A search is never written over.",
    ]
  `);
  await writeFile(join(begun.out, "search.json"), "{");
  expect(await again({})).toMatchInlineSnapshot(
    `"CheckpointError: TMP/identity/search.json: this is not what a search writes. The file is damaged."`,
  );
  expect((await readManifest(join(begun.out, "trial-001"))).state).toBe("finished");
  expect(await search({ out: at("data"), resume: true }).catch(said)).toMatchInlineSnapshot(
    `"DataError: TMP/data: no search here (there is no search.json)."`,
  );
});
