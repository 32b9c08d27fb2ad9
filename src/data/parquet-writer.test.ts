import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { InterruptedError } from "#base";
import { Database, literal } from "./database.ts";
import { ParquetWriter } from "./parquet-writer.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "parquet-"));
});
afterAll(() => rm(folder, { recursive: true }));

test("rows come back as they were given, in their order, in the file's own types", async () => {
  const path = join(folder, "rows.parquet");
  {
    await using writer = await ParquetWriter.open({ user: "VARCHAR", rank: "INTEGER", score: "FLOAT" });
    for (let at = 0; at < 5000; at++) writer.append(`ünï 'quoted' ${at}`, 5000 - at, at / 8);
    await writer.write(path);
  }
  await using database = await Database.open();
  const rows = await database.rows<{ user: string; rank: number; score: number }>(
    `FROM read_parquet(${literal(path)})`,
  );
  expect(rows).toHaveLength(5000);
  expect(rows[4321]).toEqual({ user: "ünï 'quoted' 4321", rank: 679, score: 4321 / 8 });
  expect(rows.every(({ rank }, at) => rank === 5000 - at)).toBe(true);
  const types = await database.rows<{ column_type: string }>(`DESCRIBE FROM read_parquet(${literal(path)})`);
  expect(types.map((one) => one.column_type)).toEqual(["VARCHAR", "INTEGER", "FLOAT"]);
});

test("stopped, it leaves no file and nothing beside it", async () => {
  const stop = { aborted: false };
  const before = await readdir(folder);
  {
    await using writer = await ParquetWriter.open({ user: "VARCHAR" }, stop);
    writer.append("someone");
    stop.aborted = true;
    await expect(writer.write(join(folder, "stopped.parquet"))).rejects.toThrow(InterruptedError);
  }
  expect(await readdir(folder)).toEqual(before);
});
