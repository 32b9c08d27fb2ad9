/**
 * DeftRec's directory: train.txt and test.txt (`user item item …` a line, oldest first; a test line is its train line
 * plus one item), item_list.txt (space-separated quoted CSV: org_id remap_id title [category], in any order) and
 * user_list.txt (org_id remap_id). Ids outside are the org_id columns.
 * Source: specs/00 A. A user who is missing in test.txt keeps the history of train.txt.
 */
import { access, readdir } from "node:fs/promises";
import { basename, join } from "node:path";
import { DataError } from "#base";
import { refuseColumns } from "../columns.ts";
import { column, type Database } from "../database.ts";
import { delimitedTable } from "../delimited.ts";
import { readLines } from "../lines.ts";
import type { Facts, Peek, ReadRequest, Recognised, Source, Table } from "../source.ts";
import { reading } from "../table.ts";

const SEQUENCES = ["train.txt", "test.txt"];
const LISTS = ["item_list.txt", "user_list.txt"];

/** Reads `train.txt`, `test.txt` and the two lists. */
export const deftrec: Source = {
  name: "deftrec",
  title: "DeftRec's directory (train.txt, test.txt, item_list.txt, user_list.txt)",

  detect({ kind, entries }: Peek): Recognised | undefined {
    const found = SEQUENCES.filter((name) => entries.includes(name));
    if (kind !== "directory" || found.length === 0) return undefined;
    const lists = LISTS.filter((name) => entries.includes(name));
    return { confidence: lists.length > 0 ? 1 : 0.8, why: `it is a directory with ${[...found, ...lists].join(", ")}` };
  },

  async files(source: string): Promise<readonly string[]> {
    const entries = await readdir(source);
    if (!SEQUENCES.some((name) => entries.includes(name))) throw withoutSequences(source, entries);
    return [...SEQUENCES, ...LISTS].filter((name) => entries.includes(name)).map((name) => join(source, name));
  },

  async read(database: Database, { source, columns }: ReadRequest): Promise<Facts> {
    refuseColumns(source, columns, "DeftRec's directory");
    const warnings: string[] = [];
    for (const name of SEQUENCES) await readSequences(database, join(source, name), name.replace(".txt", ""));
    await readList(database, join(source, "item_list.txt"), "item_names", warnings);
    await readList(database, join(source, "user_list.txt"), "user_names", warnings);
    await warnAboutLines(database, warnings);
    await database.run(`
      CREATE TABLE history AS
        SELECT *, 'test.txt' AS file FROM test
        UNION ALL SELECT *, 'train.txt' FROM train WHERE "user" NOT IN (SELECT "user" FROM test)`);
    await expectNames(database, source, "user", 'SELECT file, line, "user" AS id FROM history', "user_names");
    await expectNames(database, source, "item", "SELECT file, line, unnest(items) AS id FROM history", "item_names");
    await database.run(`
      INSERT INTO log SELECT u.org_id, i.org_id, NULL, NULL
        FROM (SELECT "user", unnest(items) AS item, generate_subscripts(items, 1) AS position FROM history) h
        JOIN user_names u ON u.id = h."user" JOIN item_names i ON i.id = h.item ORDER BY h."user", h.position;
      INSERT INTO listed SELECT org_id, title, NULL, category FROM item_names WHERE was_listed ORDER BY id`);
    return { warnings };
  },
};

function withoutSequences(source: string, entries: readonly string[]): DataError {
  const found = entries.length === 0 ? "it is empty" : `it holds ${entries.slice(0, 6).join(", ")}`;
  return new DataError(`${source}: no train.txt or test.txt in this directory (${found}). Expected DeftRec's files.`, {
    code: "missing-files",
    file: source,
    hint: "Name the log file itself, or a directory with train.txt and test.txt.",
  });
}

/** Table `name`: (line, "user" INTEGER, items INTEGER[]); empty when there is no such file. */
async function readSequences(database: Database, path: string, name: string): Promise<void> {
  await database.run(`CREATE TABLE ${name} (line INTEGER, "user" INTEGER, items INTEGER[])`);
  if (!(await exists(path))) return;
  await readLines(database, "words_of_lines", path);
  const [bad] = await database.rows<{ line: number; word: string }>(`
    SELECT line, word FROM (SELECT line, unnest(words) AS word FROM words_of_lines)
    WHERE TRY_CAST(word AS INTEGER) IS NULL ORDER BY line LIMIT 1`);
  if (bad !== undefined) {
    throw new DataError(
      `${path} line ${bad.line}: "${bad.word}" is not a whole number. Expected \`user item item …\`, the remap_id numbers of user_list.txt and item_list.txt.`,
      { code: "bad-id", file: path, line: bad.line, field: "item", hint: "Ids of your own go in a sequences file." },
    );
  }
  await database.run(`
    INSERT INTO ${name} SELECT line, words[1]::INTEGER, words[2:]::INTEGER[] FROM words_of_lines ORDER BY line;
    DROP TABLE words_of_lines`);
}

/** Table `name`: (id INTEGER, org_id, title, category, was_listed), from a list file or, without one, the numbers themselves. */
async function readList(database: Database, path: string, name: string, warnings: string[]): Promise<void> {
  if (!(await exists(path))) {
    const ids = name === "user_names" ? '"user"' : "unnest(items)";
    await database.run(`
      CREATE TABLE ${name} AS SELECT DISTINCT id, id::VARCHAR AS org_id, NULL AS title, NULL AS category, false AS was_listed
      FROM (SELECT ${ids} AS id FROM train UNION ALL SELECT ${ids} FROM test)`);
    warnings.push(`${basename(path)} is missing: the numbers of test.txt and train.txt are taken as ids.`);
    return;
  }
  const table = await delimitedTable(path, () => ({ delimiter: " ", quote: '"' }));
  const found = table.columns;
  for (const wanted of ["org_id", "remap_id"]) {
    if (found.includes(wanted)) continue;
    throw new DataError(
      `${path} line 1: no column "${wanted}". Expected org_id remap_id title [category], found ${found.join(" ")}.`,
      { code: "missing-column", file: path, line: 1, field: wanted, hint: `Write the header org_id remap_id title.` },
    );
  }
  const text = (wanted: string) => (found.includes(wanted) ? column(wanted) : "NULL");
  const rows = `CREATE TABLE listed_rows AS SELECT org_id, remap_id, ${text("title")} AS title, ${text("category")} AS category
    FROM ${table.sql}`;
  await reading(path, () => database.run(rows), table);
  await expectNumbers(database, path, table);
  await database.run(`
    CREATE TABLE ${name} AS SELECT remap_id::INTEGER AS id, org_id, title, category, true AS was_listed FROM listed_rows;
    DROP TABLE listed_rows`);
}

/** Every remap_id of a list is a whole number. */
async function expectNumbers(database: Database, path: string, table: Table): Promise<void> {
  const [bad] = await database.rows<{ row: number; text: string | null }>(`
    SELECT rowid + 1 AS row, remap_id AS text FROM listed_rows WHERE TRY_CAST(remap_id AS INTEGER) IS NULL
    ORDER BY rowid LIMIT 1`);
  if (bad === undefined) return;
  const line = await table.lineOf?.(bad.row);
  throw new DataError(`${path} line ${line}: remap_id "${bad.text ?? ""}" is not a whole number.`, {
    code: "bad-id",
    file: path,
    line,
    field: "remap_id",
    hint: "remap_id is the number that stands in train.txt and test.txt; ids of your own are org_id.",
  });
}

/** Every number in the sequences must have a name in its list. */
async function expectNames(
  database: Database,
  source: string,
  what: string,
  ids: string,
  names: string,
): Promise<void> {
  const [bad] = await database.rows<{ file: string; line: number; id: number }>(`
    SELECT file, line, id FROM (${ids}) WHERE id NOT IN (SELECT id FROM ${names}) ORDER BY file, line LIMIT 1`);
  if (bad === undefined) return;
  const path = join(source, bad.file);
  throw new DataError(`${path} line ${bad.line}: ${what} ${bad.id} is not in ${what}_list.txt (column remap_id).`, {
    code: "unknown-id",
    file: path,
    line: bad.line,
    field: what,
    hint: `Add it to ${what}_list.txt, or remove ${what}_list.txt to take the numbers as ids.`,
  });
}

async function warnAboutLines(database: Database, warnings: string[]): Promise<void> {
  const [counts] = await database.rows<{ other: number; missing: number }>(`
    SELECT (SELECT count(*) FROM test JOIN train USING ("user") WHERE test.items[:-2] <> train.items) AS other,
      (SELECT count(*) FROM train WHERE "user" NOT IN (SELECT "user" FROM test)) AS missing`);
  const trained = await database.number("SELECT count(*) FROM train");
  const tested = await database.number("SELECT count(*) FROM test");
  if (counts.other > 0 && trained > 0) {
    warnings.push(
      `${counts.other} users' test lines are not their train line plus one item: test.txt is taken as the history.`,
    );
  }
  if (counts.missing > 0 && tested > 0) {
    warnings.push(`${counts.missing} users are in train.txt only: their train line is taken as the history.`);
  }
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
