/**
 * Text files whose lines are `word word …`: read by DuckDB into numbered lines and words.
 * Delimiter \x01 does not occur in text, so that a line arrives whole, quotes and all.
 */
import { type Database, literal } from "./database.ts";

/** Fills the table `name` with (line INTEGER from 1, words VARCHAR[]), blank lines left out. */
export async function readLines(database: Database, name: string, path: string): Promise<void> {
  const words = `list_filter(string_split(translate(text, e'\\t\\r', '  '), ' '), word -> word <> '')`;
  // A table of its own: rowid is then the line, whatever DuckDB's threads do.
  await database.run(`
    CREATE TABLE ${name}_text AS SELECT text FROM read_csv(${literal(path)}, delim = '\x01', quote = '', escape = '',
      header = false, auto_detect = false, columns = {'text': 'VARCHAR'}, strict_mode = false,
      max_line_size = 8000000, buffer_size = 32000000);
    CREATE TABLE ${name} AS
      SELECT line, words FROM (SELECT (rowid + 1)::INTEGER AS line, ${words} AS words FROM ${name}_text)
      WHERE len(words) > 0 ORDER BY line;
    DROP TABLE ${name}_text`);
}
