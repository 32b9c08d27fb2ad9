import { join } from "node:path";
import { expect, test } from "vitest";
import { byUser, Workbench } from "../../../test/suites/workbench.ts";
import { Database, literal } from "../database.ts";

const bench = new Workbench();

/** Writes a query's result as Parquet. */
async function parquetFile(name: string, query: string): Promise<string> {
  await using database = await Database.open();
  const path = join(await bench.folder, name);
  await database.run(`COPY (${query}) TO ${literal(path)} (FORMAT parquet)`);
  return path;
}

test("typed columns are read: whole numbers as ids, timestamps as seconds, lists as one text", async () => {
  const log = await parquetFile(
    "log.parquet",
    "SELECT * FROM (VALUES (1, 20, TIMESTAMP '1970-01-01 00:00:09'), (1, 10, TIMESTAMP '1970-01-01 00:00:05')) t(user_id, item_id, date)",
  );
  const items = await parquetFile(
    "items.parquet",
    "SELECT 10 AS item_id, 'Comb' AS title, ['Hair', 'Care'] AS categories",
  );
  const { dataset, info } = await bench.import(log, { items });
  expect(info.format).toBe("parquet");
  expect(byUser(dataset)).toEqual({ 1: ["10", "20"] });
  expect([...(dataset.histories.timestamps ?? [])]).toEqual([5, 9]);
  expect(dataset.catalogue.row(1)).toEqual({ item: "10", title: "Comb", category: "Hair / Care" });
});

test("a bad time is named with its row", async () => {
  const source = await parquetFile("time.parquet", "SELECT 'u' AS user, 'a' AS item, unnest(['1', 'late']) AS time");
  expect(await bench.failure(bench.import(source))).toMatchInlineSnapshot(`
    "DataError (bad-timestamp, field time)
    time.parquet row 2: time "late" is not a number. Expected seconds since 1970 (UTC), or ISO dates such as 2019-03-12 in every row.
    → Correct or remove the row, or name another column with --columns time=COLUMN."
  `);
});

test("a cut file is refused", async () => {
  const source = await bench.file("cut.parquet", "PAR1 and then nothing");
  expect(await bench.failure(bench.import(source))).toMatchInlineSnapshot(`
    "DataError (unreadable)
    cut.parquet: cannot be read. Invalid Input Error: No magic bytes found at end of file 'cut.parquet'
    → Check that the file is whole, is UTF-8 and has the format that was recognised (--format says another)."
  `);
});
