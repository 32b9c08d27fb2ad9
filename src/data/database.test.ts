import { existsSync } from "node:fs";
import { expect, test } from "vitest";
import { InterruptedError } from "#base";
import { column, Database, literal } from "./database.ts";

test("large integers come as numbers, text is quoted, nothing stays on disk", async () => {
  let directory: string;
  {
    await using database = await Database.open();
    directory = database.directory;
    expect(existsSync(directory)).toBe(true);
    expect(await database.rows(`SELECT 5::BIGINT AS n, ${literal("it's")} AS ${column('a "b"')}`)).toEqual([
      { n: 5, 'a "b"': "it's" },
    ]);
    expect(await database.number("SELECT count(*) FROM range(70000)")).toBe(70_000);
  }
  expect(existsSync(directory)).toBe(false);
});

test("a large result comes in pieces, in order", async () => {
  await using database = await Database.open();
  let [pieces, next] = [0, 0];
  for await (const chunk of database.chunks("SELECT i::INTEGER FROM range(10000) t(i)")) {
    pieces++;
    for (const value of chunk.getColumnValues(0)) expect(value).toBe(next++);
  }
  expect(next).toBe(10_000);
  expect(pieces).toBeGreaterThan(1);
});

test("a query at work is interrupted, and none is started afterwards", async () => {
  const stop = { aborted: false };
  await using database = await Database.open(stop);
  const endless = database.run(
    "CREATE TABLE t AS SELECT sum(a.i * b.i) FROM range(10000000) a(i), range(10000000) b(i)",
  );
  setTimeout(() => {
    stop.aborted = true;
  }, 50);
  await expect(endless).rejects.toThrow(InterruptedError);
  await expect(database.run("SELECT 1")).rejects.toThrow(InterruptedError);
  await expect(database.pause()).rejects.toThrow(InterruptedError);
});

test("extensions are never fetched", async () => {
  await using database = await Database.open();
  const [settings] = await database.rows(
    "SELECT current_setting('autoinstall_known_extensions') AS install, current_setting('memory_limit') AS memory",
  );
  expect(settings).toEqual({ install: false, memory: "572.2 MiB" });
});
