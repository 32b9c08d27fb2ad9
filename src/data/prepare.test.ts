import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, expect, test, vi } from "vitest";
import { cacheDirectory, InterruptedError, silent } from "#base";
import { Workbench } from "../../test/suites/workbench.ts";
import { prepare } from "./prepare.ts";

const bench = new Workbench();
afterEach(() => vi.unstubAllEnvs());

const log = "user,item,time\nu,a,1\nu,b,2\nu,c,3\nv,a,1\n";

test("unchanged content is not prepared twice, a changed byte or option is", async () => {
  const source = await bench.file("log.csv", log);
  vi.stubEnv("DEFTREC_CACHE", join(await bench.folder, "cache"));
  const first = await prepare(source, {}, silent);
  const second = await prepare(source, {}, silent);
  expect(first.reused).toBe(false);
  expect(second).toEqual({ ...first, reused: true });
  expect(first.directory.startsWith(cacheDirectory())).toBe(true);
  expect((await prepare(source, { minUser: 2 }, silent)).hash).not.toBe(first.hash);
  await writeFile(source, log.replace("v,a,1", "v,a,2"));
  expect(await prepare(source, {}, silent)).toMatchObject({ reused: false });
});

test("the hash is of content, not of place", async () => {
  const [here, there] = [await bench.file("here/log.csv", log), await bench.file("there/log.csv", log)];
  expect((await bench.import(here)).info.hash).toBe((await bench.import(there)).info.hash);
});

test("an existing dataset at --out is kept when nothing changed and replaced whole when something did", async () => {
  const source = await bench.file("replaced.csv", log);
  const out = join(await bench.folder, "replaced");
  await bench.import(source, { out });
  expect((await bench.import(source, { out })).info.reused).toBe(true);
  const { info, dataset } = await bench.import(source, { out, minUser: 2 });
  expect(info).toMatchObject({ reused: false, users: 1 });
  expect(dataset.histories.interactions).toBe(3);
});

test("a damaged preparation is not found again but made anew", async () => {
  const source = await bench.file("damaged.csv", log);
  const out = join(await bench.folder, "damaged");
  await bench.import(source, { out });
  await writeFile(join(out, "items.parquet"), "PAR1");
  const { info, dataset } = await bench.import(source, { out });
  expect(info.reused).toBe(false);
  expect(dataset.catalogue.size).toBe(3);
});

test("an empty folder is a free place", async () => {
  const out = join(await bench.folder, "empty-folder");
  await mkdir(out);
  expect((await bench.import(await bench.file("free.csv", log), { out })).info.directory).toBe(out);
});

test("a list of items must be a table", async () => {
  const source = await bench.file("listless.csv", log);
  const items = await bench.file("list.txt", "comb\nsoap\n");
  expect(await bench.failure(bench.import(source, { items }))).toMatchInlineSnapshot(`
    "DataError (unknown-format, line 1, field items)
    list.txt line 1: format not recognised (starts with "comb", "soap"). Tried amazon, csv, jsonl, movielens, parquet, recbole, tsv.
    → Name a CSV, TSV, JSON lines or Parquet file whose first line or keys name its columns."
  `);
  const missing = join(await bench.folder, "items.csv");
  expect(await bench.failure(bench.import(source, { items: missing }))).toMatchInlineSnapshot(`
    "DataError (missing-file, field items)
    items.csv: no such file or directory. Expected a table of items.
    → Check the path."
  `);
});

test("nothing but a dataset is replaced", async () => {
  const source = await bench.file("kept.csv", log);
  const out = join(await bench.folder, "photos");
  await mkdir(out);
  await writeFile(join(out, "cat.jpg"), "");
  expect(await bench.failure(bench.import(source, { out }))).toMatchInlineSnapshot(`
    "ConfigError (exists, field out)
    --out photos: something else is there already. Expected a free path or a prepared dataset.
    → Choose another path or remove what is there."
  `);
  expect(await readdir(out)).toEqual(["cat.jpg"]);
});

test("a failed import leaves nothing behind", async () => {
  const source = await bench.file("bad/log.csv", "user,item,time\nu,a,soon\n");
  const folder = join(await bench.folder, "bad");
  await expect(prepare(source, { out: join(folder, "out") }, silent)).rejects.toThrow("is not a number");
  expect(await readdir(folder)).toEqual(["log.csv"]);
});

test("a prepared dataset is a source too, as it is", async () => {
  const { info } = await bench.import(await bench.file("again.csv", log), {
    out: join(await bench.folder, "original"),
  });
  expect(await prepare(info.directory, {}, silent)).toEqual({ ...info, reused: true });
  const copy = join(await bench.folder, "copy");
  expect((await bench.import(info.directory, { out: copy })).dataset.hash).toBe(info.hash);
  expect(await bench.failure(prepare(info.directory, { minUser: 3 }, silent))).toMatchInlineSnapshot(`
    "ConfigError (already-prepared, field minUser)
    original is already prepared: "minUser" applies when the original log is imported.
    → Import the original log with these options, or leave them out."
  `);
});

test("an aborted import stops and leaves nothing behind", async () => {
  const source = await bench.file("stopped/log.csv", log);
  const signal = AbortSignal.abort();
  const folder = join(await bench.folder, "stopped");
  await expect(prepare(source, { out: join(folder, "out"), signal }, silent)).rejects.toThrow(InterruptedError);
  expect(await readdir(folder)).toEqual(["log.csv"]);
});

test("the manifest says what was read, kept and left out", async () => {
  const { info } = await bench.import(await bench.file("said.csv", log), { minUser: 2 });
  expect(JSON.parse(await readFile(join(info.directory, "manifest.json"), "utf8"))).toEqual({
    layout: 1,
    name: "said",
    format: "csv",
    hash: info.hash,
    options: { minUser: 2 },
    users: 1,
    items: 3,
    interactions: 3,
    timestamps: true,
    dropped: { withoutId: 0, duplicates: 0, belowMinRating: 0, belowMinCount: 1 },
    warnings: [],
    bytes: {
      "interactions.parquet": expect.any(Number),
      "items.parquet": expect.any(Number),
      "users.parquet": expect.any(Number),
    },
  });
});

test("two imports to one --out: one writes, the other is told who does", async () => {
  const source = await bench.file("twice.csv", log);
  const out = join(await bench.folder, "twice");
  const both = await Promise.allSettled([1, 2].map((minUser) => prepare(source, { out, minUser }, silent)));
  expect(both.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
  const told = both.flatMap((one) => (one.status === "rejected" ? [one.reason] : []));
  expect(`${told[0]}`.replace(await bench.folder, "TMP").replace(/\d+/, "PID")).toMatchInlineSnapshot(
    `"CheckpointError: TMP/.twice.lock: process PID is working on this dataset. Wait until it is done, or stop it; what it did is kept."`,
  );
  expect((await readdir(await bench.folder)).filter((name) => name.includes("twice")).sort()).toEqual([
    "twice",
    "twice.csv",
  ]);
});

test("two that prepare the same source into the cache at once both have it", async () => {
  const source = await bench.file("shared.csv", log);
  vi.stubEnv("DEFTREC_CACHE", join(await bench.folder, "shared-cache"));
  const [one, other] = await Promise.all([prepare(source, {}, silent), prepare(source, {}, silent)]);
  expect(one.hash).toBe(other.hash);
  expect(one.directory).toBe(other.directory);
  expect(await readdir(join(await bench.folder, "shared-cache", "datasets"))).toHaveLength(1);
});
