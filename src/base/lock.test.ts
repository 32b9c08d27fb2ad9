import { spawnSync } from "node:child_process";
import { mkdtemp, readdir, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { Lock } from "./lock.ts";

const place = async () => join(await mkdtemp(join(tmpdir(), "lock-")), "lock");

/** The id of a process that has ended. */
const dead = spawnSync(process.execPath, ["--version"]).pid;

test("a lock is there while it is held, and gone afterwards", async () => {
  const path = await place();
  {
    await using _lock = await Lock.take(path);
    expect(JSON.parse(await readFile(path, "utf8"))).toMatchObject({ pid: process.pid });
  }
  expect(await readdir(join(path, ".."))).toEqual([]);
});

test("a living holder is named, with what to do", async () => {
  const path = await place();
  await using _lock = await Lock.take(path);
  const error = await Lock.take(path).catch((cause: Error) => cause);
  expect(String(error).replace(path, "LOCK").replaceAll(String(process.pid), "PID")).toMatchInlineSnapshot(
    `"CheckpointError: LOCK: process PID is working on this run. Wait until it is done, or stop it; what it did is kept."`,
  );
});

test("a dead process's lock is taken over", async () => {
  const path = await place();
  await writeFile(path, JSON.stringify({ pid: dead, startTime: "12345" }));
  await using lock = await Lock.take(path);
  expect(JSON.parse(await readFile(lock.path, "utf8")).pid).toBe(process.pid);
  expect(await readdir(join(path, ".."))).toEqual(["lock"]);
});

test.skipIf(process.platform !== "linux")("an id that was given to another process since is no holder", async () => {
  const path = await place();
  await writeFile(path, JSON.stringify({ pid: process.pid, startTime: "1" })); // started with the machine: not us
  await using lock = await Lock.take(path);
  expect(JSON.parse(await readFile(lock.path, "utf8")).startTime).not.toBe("1");
});

test("a lock that was half-written by a crash is nobody's", async () => {
  const path = await place();
  await writeFile(path, '{"pid":');
  await using lock = await Lock.take(path);
  expect(JSON.parse(await readFile(lock.path, "utf8")).pid).toBe(process.pid);
});

test("of many who find a dead lock, one gets it, every time", async () => {
  const path = await place();
  for (let round = 0; round < 20; round++) {
    await writeFile(path, JSON.stringify({ pid: dead, startTime: "12345" }));
    const all = await Promise.allSettled(Array.from({ length: 8 }, () => Lock.take(path)));
    const taken = all.flatMap((result) => (result.status === "fulfilled" ? [result.value] : []));
    expect(taken).toHaveLength(1);
    await taken[0][Symbol.asyncDispose]();
  }
  expect(await readdir(join(path, ".."))).toEqual([]);
});

test("a lock that someone else took over meanwhile is not removed", async () => {
  const path = await place();
  {
    await using _lock = await Lock.take(path);
    await writeFile(path, "someone else's");
  }
  expect(await readFile(path, "utf8")).toBe("someone else's");
});
