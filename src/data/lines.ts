/**
 * Text files that are read line by line, because their lines are `word word …` or have no header: numbered lines, and the
 * words or fields in them. Delimiter \x01 does not occur in text, so that a line arrives whole, quotes and all.
 */
import { DataError, DeftrecError } from "#base";
import { type Database, literal } from "./database.ts";
import { compressionOf } from "./gzip.ts";
import { lineOfFirst } from "./line-numbers.ts";
import { unreadable } from "./unreadable.ts";

/** Fills the table `name` with (line INTEGER from 1, words VARCHAR[]), blank lines left out. */
export async function readLines(database: Database, name: string, path: string): Promise<void> {
  const words = `list_filter(string_split(translate(text, e'\\t\\r', '  '), ' '), word -> word <> '')`;
  await readText(database, path);
  await database.run(`
    CREATE TABLE ${name} AS
      SELECT line, words FROM (SELECT (rowid + 1)::INTEGER AS line, ${words} AS words FROM lines_of_file)
      WHERE len(words) > 0 ORDER BY line;
    DROP TABLE lines_of_file`);
}

/** A file without a header line. */
export interface Fields {
  readonly delimiter: string;
  /** What its columns are called, in their order. */
  readonly columns: readonly string[];
  readonly encoding?: "utf-8" | "latin-1";
}

/** Fills the table `name` with (line INTEGER from 1, and a VARCHAR for each column), blank lines left out. */
export async function readFields(database: Database, name: string, path: string, format: Fields): Promise<void> {
  const { delimiter, columns, encoding } = format;
  await readText(database, path, encoding);
  await database.run(`
    CREATE TABLE fields_of_lines AS
      SELECT (rowid + 1)::INTEGER AS line, string_split(rtrim(text, e'\\r'), ${literal(delimiter)}) AS fields
      FROM lines_of_file WHERE trim(text, e' \\t\\r') <> '' ORDER BY rowid;
    DROP TABLE lines_of_file`);
  const [bad] = await database.rows<{ line: number; width: number }>(`
    SELECT line, len(fields)::INTEGER AS width FROM fields_of_lines WHERE len(fields) <> ${columns.length}
    ORDER BY line LIMIT 1`);
  if (bad !== undefined) {
    const told = columns.length > 6 ? [...columns.slice(0, 5), "…"] : columns;
    throw new DataError(
      `${path} line ${bad.line}: ${bad.width} fields, expected ${columns.length}: ${told.join(delimiter === "\t" ? " TAB " : ` ${delimiter} `)}.`,
      { code: "bad-row", file: path, line: bad.line, hint: "Correct or remove the line." },
    );
  }
  await database.run(`
    CREATE TABLE ${name} AS SELECT line, ${columns.map((column, at) => `trim(fields[${at + 1}]) AS "${column}"`).join(", ")}
      FROM fields_of_lines ORDER BY line;
    DROP TABLE fields_of_lines`);
}

/** Table lines_of_file (text): its rowid is the line, from 0, whatever DuckDB's threads do. */
async function readText(database: Database, path: string, encoding = "utf-8"): Promise<void> {
  const compression = await compressionOf(path);
  const work = database.run(`
    CREATE TABLE lines_of_file AS SELECT text FROM read_csv(${literal(path)}, delim = '\x01', quote = '', escape = '',
      header = false, auto_detect = false, columns = {'text': 'VARCHAR'}, strict_mode = false,
      compression = ${literal(compression)}, encoding = ${literal(encoding)},
      max_line_size = 8000000, buffer_size = 32000000)`);
  await work.catch(async (cause) => {
    if (cause instanceof DeftrecError) throw cause;
    const unprintable = (byte: number) => byte === 0 || (byte >= 0x80 && byte < 0xa0); // not Latin-1
    throw unreadable(path, cause, encoding === "latin-1" ? await lineOfFirst(path, unprintable) : undefined);
  });
}
