/** Everyone's lists as a file: what `recommend` says, in the order of the users, or no file at all. */
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DuckDBInstance } from "@duckdb/node-api";
import { beforeAll, expect, test, vi } from "vitest";
import type { Event } from "#base";
import { SMALL, writeWalk } from "../../test/fixtures/walk.ts";
import { load } from "./model.ts";
import { trainRun } from "./train.ts";

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "batch-"));
  vi.stubEnv("DEFTREC_CACHE", join(folder, "cache"));
  const data = await writeWalk(folder);
  await trainRun({ data, model: "transitions", out: join(folder, "transitions") });
  await trainRun({ data, model: "sasrec", config: { ...SMALL, epochs: 4 }, out: join(folder, "sasrec") });
  return () => rm(folder, { recursive: true });
});

async function rowsOf(path: string) {
  const connection = await (await DuckDBInstance.create()).connect();
  const reader = await connection.runAndReadAll(`FROM read_parquet('${path}')`);
  return reader.getRowObjectsJS() as { user: string; rank: number; item: string; score: number }[]; // as: the columns' types
}

test.each(["transitions", "sasrec"])("each user's rows are the list that recommend makes: %s", async (name) => {
  await using model = await load(join(folder, name));
  const out = join(folder, `${name}.parquet`);
  const rules = { topK: 4, where: "item != 'item-7'", exclude: ["item-9"] };
  const found = await model.batch({ out, ...rules });
  expect(found).toMatchObject({ users: 200, rows: 800, cold: 0 });
  const rows = await rowsOf(out);
  expect([...new Set(rows.map(({ user }) => user))]).toEqual(model.material.dataset.users.ids);
  for (const user of ["user-0", "user-17", "user-199"]) {
    const { items } = await model.recommend({ user, ...rules });
    const own = rows.filter((row) => row.user === user);
    expect(own.map(({ rank, item }) => ({ rank, item }))).toEqual(
      items.map(({ item }, at) => ({ rank: at + 1, item })),
    );
    own.forEach(({ score }, at) => {
      expect(score).toBeCloseTo(items[at].score, 4);
    });
  }
});

test("chosen users stand in their own order, unknown ones get popular items and are told", async () => {
  await using model = await load(join(folder, "transitions"));
  const events: Event[] = [];
  const out = join(folder, "some.parquet");
  const users = ["user-9", "stranger", "user-2"];
  const found = await model.batch({ out, topK: 2, users, emit: (event) => events.push(event) });
  expect(found).toMatchObject({ users: 3, rows: 6, cold: 1 });
  expect((await rowsOf(out)).map(({ user }) => user)).toEqual(users.flatMap((user) => [user, user]));
  expect(events[0]).toEqual({
    type: "warning",
    text: 'users: 1 of 3 are not in the data and get popular items: "stranger".',
  });
});

test("stopped in the middle, it leaves nothing behind", async () => {
  await using model = await load(join(folder, "transitions"));
  const before = await readdir(folder);
  const signal = { aborted: false };
  const users = Array.from({ length: 600 }, (_, at) => `user-${at % 200}`);
  const stopping = model.batch({
    out: join(folder, "stopped.parquet"),
    users,
    signal,
    emit: (event) => {
      if (event.type === "progress") signal.aborted = true;
    },
  });
  await expect(stopping).rejects.toThrow("interrupted; nothing was written.");
  expect(await readdir(folder)).toEqual(before);
});

test("a directory is no file", async () => {
  await using model = await load(join(folder, "transitions"));
  await expect(model.batch({ out: folder })).rejects.toThrow(
    "this is a directory. Expected the name of a Parquet file to write.",
  );
});
