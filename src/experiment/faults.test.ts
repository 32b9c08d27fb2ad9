/** What can go wrong around a run: full disks, damaged files, others at work in the same place, data that change. */
import { spawnSync } from "node:child_process";
import { cp, mkdir, mkdtemp, open, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { type DataError, type Event, InterruptedError } from "#base";
import { prepare } from "#data";
import { float32, readSafetensors, writeSafetensors } from "#tensor";
import { SMALL, writeWalk } from "../../test/fixtures/walk.ts";
import { load, search, type TrainOptions, trainRun } from "./index.ts";

// Several trainings a test: on a busy machine seconds become many.
vi.setConfig({ testTimeout: 120_000 });

let folder: string;
let data: string;
const at = (...names: string[]) => join(folder, ...names);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "faults-"));
  vi.stubEnv("DEFTREC_CACHE", at("cache"));
  data = at("data");
  await prepare(await writeWalk(folder), { out: data }, () => {});
  return () => rm(folder, { recursive: true });
});

const said = (cause: Error) => `${cause}`.replaceAll(folder, "TMP").replace(/process \d+/, "process PID");
const small = (out: string, more: Partial<TrainOptions> = {}): TrainOptions => {
  const config = { ...SMALL, epochs: 3, validateEvery: 1 };
  return { data, model: "sasrec", config, out, runtime: { threads: 1 }, ...more };
};
const weightsOf = async (run: string) => (await readSafetensors(join(run, "stages", "sequence.safetensors"))).arrays;

/** Stops a training behind its first epoch. */
async function interrupted(out: string, more: Partial<TrainOptions> = {}): Promise<void> {
  const controller = new AbortController();
  const emit = (event: Event) => event.type === "epoch" && controller.abort();
  const stopped = trainRun(small(out, { ...more, emit, signal: controller.signal }));
  await expect(stopped).rejects.toBeInstanceOf(InterruptedError);
}

/** All files below a directory, with their bytes. */
async function contents(directory: string): Promise<Record<string, string>> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  const paths = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const read = paths.map(async (path) => [path, (await readFile(path)).toString("base64")] as const);
  return Object.fromEntries(await Promise.all(read));
}

/** A file system of 4 MB, or why there is none. */
const disk = await mkdtemp(join(tmpdir(), "faults-disk-"));
const mounting = spawnSync("mount", ["-t", "tmpfs", "-o", "size=4m", "tmpfs", disk], { encoding: "utf8" });
const unmountable =
  mounting.status === 0 ? undefined : `a small disk cannot be mounted here (${mounting.stderr}): skipped`;
if (unmountable !== undefined) console.warn(unmountable);

describe.skipIf(unmountable !== undefined)("on a full disk", () => {
  const ballast = join(disk, "ballast");

  afterEach(async () => {
    for (const name of await readdir(disk)) await rm(join(disk, name), { recursive: true });
  });
  afterAll(async () => {
    spawnSync("umount", [disk]);
    await rm(disk, { recursive: true, force: true });
  });

  /** Leaves so many bytes (a page is the least that can be left). */
  async function fill(leaving = 0): Promise<void> {
    await rm(ballast, { force: true });
    const file = await open(ballast, "w");
    const block = Buffer.alloc(4096, 1);
    let size = 0;
    const full = () =>
      file.write(block).then(
        ({ bytesWritten }) => bytesWritten < block.length,
        () => true,
      );
    while (!(await full())) size += block.length;
    await file.truncate(Math.max(0, size - leaving));
    await file.close();
  }
  const free = () => rm(ballast);
  const saidHere = (cause: Error) => said(cause).replaceAll(disk, "DISK");

  test("a run that is continued keeps its checkpoint, and goes on once there is space", async () => {
    const run = join(disk, "run");
    await interrupted(run);
    await fill();
    const before = await contents(run);
    const failed = await trainRun({ out: run, resume: true, checkpointSeconds: 0 }).catch((cause) => cause);
    expect(failed).toMatchObject({ name: "DataError", code: "disk-full", hint: expect.stringContaining("--resume") });
    expect(saidHere(failed)).toContain("DISK/run/");
    expect(saidHere(failed)).toContain("no space left on the disk");
    const { [join(run, "log.jsonl")]: log, ...after } = await contents(run);
    const { [join(run, "log.jsonl")]: _, ...kept } = before;
    expect(after).toEqual(kept);
    for (const line of Buffer.from(log, "base64").toString().trim().split("\n")) JSON.parse(line); // none is half-written
    await free();
    await trainRun({ out: run, resume: true });
    await trainRun(small(at("straight")));
    expect(await weightsOf(run)).toEqual(await weightsOf(at("straight")));
  });

  test.each([0, 4096, 40960])("a new run leaves nothing where %d bytes are left", async (bytes) => {
    await fill(bytes);
    const failed = await trainRun(
      small(join(disk, "new"), { config: { ...SMALL, epochs: 1 }, checkpointSeconds: 0 }),
    ).catch((cause) => cause);
    expect(failed).toMatchObject({ name: "DataError", code: "disk-full" });
    const left = (await readdir(disk)).filter((name) => name !== "ballast");
    // A checkpoint that was written is kept, for --resume.
    expect(left.length === 0 || (await readdir(join(disk, "new"))).includes("checkpoints")).toBe(true);
    expect((await readdir(disk, { recursive: true })).filter((name) => name.endsWith(".part"))).toEqual([]);
    await free();
    await trainRun(small(join(disk, "new"), { config: { ...SMALL, epochs: 1 }, resume: true }));
  });

  test.each([0, 4096, 8192])("an import leaves what was there where %d bytes are left", async (bytes) => {
    const out = join(disk, "dataset");
    await prepare(data, { out }, () => {}); // the copy of a prepared one
    const before = await contents(out);
    await fill(bytes);
    const importing = prepare(at("walk.txt"), { out, minUser: 2 }, () => {}); // other options: other content
    const failed: DataError = await importing.then(
      () => undefined,
      (cause) => cause,
    );
    expect(failed).toMatchObject({ name: "DataError", code: "disk-full" });
    expect(saidHere(failed)).toContain("DISK/");
    expect(await contents(out)).toEqual(before);
    expect((await readdir(disk)).sort()).toEqual(["ballast", "dataset"]);
    await free();
    expect((await prepare(at("walk.txt"), { out, minUser: 2 }, () => {})).reused).toBe(false);
  });

  test.each([0, 8192])(
    "an import whose scratch disk has %d bytes left says so, and calls no data damaged",
    async (bytes) => {
      await fill(bytes);
      const before = tmpdir();
      vi.stubEnv("TMPDIR", disk);
      try {
        for (const source of [at("walk.txt"), data]) {
          const out = at(`scratch-${bytes}`);
          const failed = await trainRun({ data: source, model: "popularity", out }).catch((cause) => cause);
          expect(failed).toMatchObject({ name: "DataError", code: "disk-full" });
          expect(saidHere(failed)).toContain("DISK");
        }
      } finally {
        vi.stubEnv("TMPDIR", before);
      }
      expect(await readdir(disk)).toEqual(["ballast"]);
      expect(await readdir(folder)).not.toContain(`scratch-${bytes}`);
    },
  );
});

test("two that search in one place: one does, the other is told", async () => {
  const both = [1, 2].map((seed) => search({ out: at("searched"), data, model: "popularity", trials: 1, seed }));
  const outcomes = await Promise.allSettled(both);
  expect(outcomes.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
});

test("two that begin a run at one place: one trains, the other is told", async () => {
  const both = [1, 2].map((seed) => trainRun({ out: at("both"), data, model: "popularity", seed }));
  const outcomes = await Promise.allSettled(both);
  expect(outcomes.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
  for (const outcome of outcomes) {
    if (outcome.status === "rejected") expect(["exists", "locked"]).toContain(outcome.reason.code);
    else expect(outcome.value.run).toBe(at("both"));
  }
  await using model = await load(at("both"));
  expect((await model.recommend({ history: ["item-1"], topK: 1 })).items).toHaveLength(1);
});

test("data that changed under an interrupted run are noticed when it is resumed", async () => {
  const moved = at("moved");
  await cp(data, moved, { recursive: true });
  await interrupted(at("changed"), { data: moved });
  const before = await contents(at("changed"));
  await rm(moved, { recursive: true });
  await mkdir(at("other"));
  await prepare(await writeWalk(at("other"), { users: 90 }), { out: moved }, () => {});
  expect(await trainRun({ out: at("changed"), resume: true }).catch(said)).toMatchInlineSnapshot(
    `"DataError: TMP/moved: not the data that TMP/changed was trained on (content hash 2603dbf4ed96 instead of a9d16178b4a2). The log, the catalogue or the import options changed."`,
  );
  expect(await contents(at("changed"))).toEqual(before); // and nothing of it is lost
});

test("a damaged checkpoint is named with what to do, and doing it leads to the same weights", async () => {
  const run = at("damaged");
  await interrupted(run, { config: { ...SMALL, epochs: 3 } });
  const path = join(run, "checkpoints", "sequence.safetensors");
  const { arrays, metadata } = await readSafetensors(path);
  const [name, { shape }] = Object.entries(arrays).find(([, { dtype }]) => dtype === "float32") ?? ["", { shape: [] }];
  const bytes = await readFile(path);
  const resume = () => trainRun({ out: run, resume: true }).catch((cause) => cause);
  const nan = float32(new Float32Array(arrays[name].data.length).fill(Number.NaN), shape);
  await writeSafetensors(path, { ...arrays, [name]: nan }, metadata);
  const failed = await resume();
  expect(failed).toMatchObject({ name: "CheckpointError", file: path });
  expect(failed.hint).toMatchInlineSnapshot(
    `"Remove the file and add --resume: this stage begins anew, finished ones are kept."`,
  );
  await writeFile(path, bytes.subarray(0, bytes.length / 2));
  expect(await resume()).toMatchObject({ name: "CheckpointError", file: path, hint: failed.hint });
  await rm(path); // as the hint says
  await resume();
  await trainRun(small(at("undamaged"), { config: { ...SMALL, epochs: 3 } }));
  expect(await weightsOf(run)).toEqual(await weightsOf(at("undamaged")));
});

test("a damaged stage of a finished run is named", async () => {
  const { run } = await trainRun(small(at("finished"), { model: "popularity", config: {} }));
  const path = join(run, "stages", "counts.safetensors");
  const bytes = await readFile(path);
  bytes[bytes.length - 1] ^= 1; // one bit of one count: a whole file, and not what was trained
  await writeFile(path, bytes);
  const failed = await load(run).catch((cause) => cause);
  expect(failed).toMatchObject({ name: "CheckpointError", file: path, code: "damaged-checkpoint" });
  expect(said(failed)).toMatchInlineSnapshot(
    `"CheckpointError: TMP/finished/stages/counts.safetensors: its content is not what was written (the checksum differs). The file is damaged."`,
  );
  expect(failed.hint).toMatchInlineSnapshot(
    `"Restore the file from a copy, or train again. In a run that is not finished: remove it and add --resume, and this stage is trained again."`,
  );
});
