/**
 * Sources whose format is a table (CSV, TSV, JSON lines, Parquet): one file of interactions with named columns. Such a
 * file may also list items (`--items`).
 */
import { DeftrecError } from "#base";
import { chooseColumns, ITEM_COLUMNS, LOG_COLUMNS } from "./columns.ts";
import { column, type Database } from "./database.ts";
import { expectContent, expectFile, peek } from "./peek.ts";
import type { ColumnMap, Facts, ReadRequest, Source, Table } from "./source.ts";
import { seconds } from "./times.ts";
import { unreadable } from "./unreadable.ts";

/** A source out of what recognises its table and opens it. */
export function tableSource(
  declaration: Pick<Source, "name" | "title" | "detect"> & { table(path: string): Promise<Table> },
): Source {
  const { name, title, detect, table } = declaration;
  return {
    name,
    title,
    detect,
    async files(source: string): Promise<readonly string[]> {
      const peeked = await peek(source);
      expectContent(peeked);
      expectFile(peeked, title);
      return [source];
    },
    async read(database: Database, request: ReadRequest): Promise<Facts> {
      return readLog(database, request, await table(request.source));
    },
    items: {
      detect,
      read: async (database, path, columns) => readItems(database, path, columns, await table(path)),
    },
  };
}

/** Pours a table of interactions into `log`. */
export async function readLog(database: Database, { source, columns }: ReadRequest, table: Table): Promise<Facts> {
  const map = chooseColumns(source, table, columns, LOG_COLUMNS, ["user", "item"]);
  const text = (meaning: string) => (map[meaning] === undefined ? "NULL" : `${column(map[meaning])}::VARCHAR`);
  // A table of its own first: its rowid is the record's number in the file (DuckDB keeps the order of what it inserts).
  await reading(
    source,
    () =>
      database.run(`CREATE TABLE raw AS SELECT ${text("user")} AS "user", ${text("item")} AS item,
      ${text("time")} AS time, ${text("rating")} AS rating FROM ${table.sql}`),
    table,
  );
  const time = await timeColumn(database, source, map, table);
  const ratings = map.rating === undefined ? [] : await ratingWarnings(database, source, table);
  await rawToLog(database, time.sql);
  return { warnings: [...time.warnings, ...ratings] };
}

/** Texts that stand where a rating should: those interactions are kept without one, and pass any `--min-rating`. */
async function ratingWarnings(database: Database, source: string, table: Table): Promise<readonly string[]> {
  const [{ count, row, text }] = await database.rows<{ count: number; row: number; text: string }>(`
    SELECT count(*) AS count, min(rowid) + 1 AS row, arg_min(rating, rowid) AS text FROM raw
    WHERE trim(rating) <> '' AND TRY_CAST(rating AS DOUBLE) IS NULL`);
  if (count === 0) return [];
  const place = await placeOf(source, table, row);
  return [`${place}: rating "${text}" is not a number (so in ${count} rows): --min-rating does not drop those.`];
}

async function placeOf(source: string, table: Table, row: number): Promise<string> {
  const line = await table.lineOf?.(row);
  return line === undefined ? `${source} row ${row}` : `${source} line ${line}`;
}

/**
 * The table raw (texts "user", item, time, rating) becomes the log: two columns are rewritten in place, because copying all
 * of it takes a fifth of an import.
 */
export async function rawToLog(database: Database, time: string): Promise<void> {
  await database.run(`
    ALTER TABLE raw ALTER time TYPE DOUBLE USING ${time};
    ALTER TABLE raw ALTER rating TYPE DOUBLE USING TRY_CAST(rating AS DOUBLE);
    DROP TABLE log;
    ALTER TABLE raw RENAME TO log`);
}

async function timeColumn(database: Database, source: string, map: ColumnMap, table: Table) {
  if (map.time === undefined) {
    const warning = `${source} has no column of times: the order of its rows is taken as the order in time.`;
    return { sql: "NULL", warnings: [warning] };
  }
  return seconds(database, "raw", "time", map.time, async (row) => {
    return { file: source, line: await table.lineOf?.(row), place: await placeOf(source, table, row) };
  });
}

/** Pours a table of items into `listed`. */
export async function readItems(database: Database, path: string, said: ColumnMap, table: Table): Promise<void> {
  const map = chooseColumns(path, table, said, ITEM_COLUMNS, ["item"]);
  const text = (meaning: string) => {
    const name = map[meaning];
    if (name === undefined) return "NULL";
    return table.lists.has(name) ? `array_to_string(${column(name)}, ' / ')` : `${column(name)}::VARCHAR`;
  };
  await reading(
    path,
    () =>
      database.run(`INSERT INTO listed SELECT ${text("item")}, ${text("title")}, ${text("brand")}, ${text("category")}
      FROM ${table.sql}`),
    table,
  );
}

/** Runs a reading query; what DuckDB cannot read becomes a `DataError` with the line it stumbled on. */
export async function reading(path: string, read: () => Promise<void>, table: Table): Promise<void> {
  try {
    await read();
  } catch (cause) {
    if (cause instanceof DeftrecError) throw cause;
    throw (await table.explain?.(cause)) ?? unreadable(path, cause);
  }
}
