/**
 * Text tables with a header line, fields between delimiters, quoted where needed: CSV and TSV.
 * The header is split here and the columns are told to DuckDB, because its own sniffer skips rows it does not like and
 * then reads a damaged file as an empty one.
 */
import { DataError } from "#base";
import { Database, literal } from "./database.ts";
import { compressionOf } from "./gzip.ts";
import { lineOfByte, lineOfRecord, rawLinesOf } from "./line-numbers.ts";
import { expectContent, peek } from "./peek.ts";
import type { Peek, Table } from "./source.ts";
import { unreadable } from "./unreadable.ts";

const QUOTE = '"';

/** How the fields of a file are told apart. */
export interface Dialect {
  readonly delimiter: string;
  /** "" where fields are never quoted. */
  readonly quote: string;
}

/** The delimiter among `candidates` that cuts every line of the beginning into as many fields, two at least. */
export function delimiterOf({ kind, lines }: Peek, candidates: readonly string[]): string | undefined {
  if (kind !== "file" || lines.length === 0 || /^\s*[{[]/.test(lines[0])) return undefined;
  return candidates.find((delimiter) => {
    const width = splitFields(lines[0], { delimiter, quote: QUOTE }).length;
    // A quoted field may run over several lines, so one odd line does not decide: most must agree.
    const alike = lines.filter((line) => splitFields(line, { delimiter, quote: QUOTE }).length === width).length;
    return width >= 2 && alike >= 0.5 * lines.length;
  });
}

/** Between tabs; quoted only where the first lines are: plain TSV has no quoting, and a title may begin with a `"`. */
export function tabDialect({ lines }: Pick<Peek, "lines">): Dialect {
  const quoted = lines.some((line) => line.split("\t").some((field) => /^".*"$/.test(field.trim())));
  return { delimiter: "\t", quote: quoted ? QUOTE : "" };
}

/** The fields of one line. */
export function splitFields(line: string, { delimiter, quote }: Dialect): string[] {
  const fields: string[] = [];
  let [field, quoted] = ["", false];
  for (const character of line) {
    if (quote !== "" && character === quote) quoted = !quoted;
    else if (character === delimiter && !quoted) {
      fields.push(field);
      field = "";
    } else field += character;
  }
  return [...fields, field].map((text) => text.trim());
}

/** Opens a file as a table; the first line names its columns, in words that `nameOf` may shorten. */
export async function delimitedTable(
  path: string,
  dialectOf: (peek: Peek) => Dialect,
  nameOf = (field: string) => field,
): Promise<Table> {
  const peeked = await peek(path);
  expectContent(peeked);
  const dialect = dialectOf(peeked);
  const columns = uniqueNames(splitFields(peeked.lines[0] ?? "", dialect).map(nameOf));
  if (columns.some((name) => name.includes("\0"))) throw notText(path);
  const compression = await compressionOf(path);
  const sql = (extra: string) => `read_csv(${literal(path)}, delim = ${literal(dialect.delimiter)},
    quote = ${literal(dialect.quote)}, escape = ${literal(dialect.quote)}, header = true, auto_detect = false,
    compression = ${literal(compression)},
    columns = {${columns.map((name) => `${literal(name)}: 'VARCHAR'`).join(", ")}}${extra})`;
  return {
    sql: sql(""),
    columns,
    header: 1,
    lists: new Set(),
    lineOf: (row) => lineOfRecord(path, row + 1, dialect.quote || undefined), // the header is the first record
    explain: async (cause) =>
      // The second reading may stumble like the first: then it is looked for line by line.
      (await firstRejected(path, columns.length, sql(", store_rejects = true")).catch(() => undefined)) ??
      (await firstOdd(path, dialect, columns.length, cause)),
  };
}

function notText(path: string): DataError {
  return new DataError(`${path} line 1: the names of the columns hold zero bytes. Expected UTF-8 text.`, {
    code: "bad-header",
    file: path,
    line: 1,
    hint: "A file in UTF-16 must be saved as UTF-8 first.",
  });
}

/** `a, a` → `a, a_2`: DuckDB wants different names. */
function uniqueNames(names: readonly string[]): string[] {
  const seen = new Map<string, number>();
  return names.map((name, at) => {
    const base = name === "" ? `column_${at + 1}` : name;
    const count = (seen.get(base) ?? 0) + 1;
    seen.set(base, count);
    return count === 1 ? base : `${base}_${count}`;
  });
}

/** The first line that cannot be right: zero bytes, an end unlike those before, another width, a quote that stays open. */
async function firstOdd(path: string, dialect: Dialect, width: number, cause: unknown): Promise<DataError | undefined> {
  let [line, opened, returns] = [0, 0, false]; // opened: the line of a quote that is not closed yet, 0 outside
  for await (const raw of rawLinesOf(path)) {
    line++;
    const text = raw.replace(/\r?\n$/, "");
    if (line === 1) returns = raw.endsWith("\r\n");
    if (/[\0\r\ufffd]/.test(text)) return unreadable(path, cause, line);
    const inside = opened > 0;
    const quotes = dialect.quote === "" ? 0 : text.split(dialect.quote).length - 1;
    if (quotes % 2 === 1) opened = inside ? 0 : line;
    if (opened > 0) continue;
    if (raw.endsWith("\n") && raw.endsWith("\r\n") !== returns) return mixedEnds(path, line, returns);
    const whole = !inside && text.trim() !== "";
    if (whole && splitFields(text, dialect).length !== width) return unreadable(path, cause, line);
  }
  return opened === 0 ? undefined : unreadable(path, cause, opened);
}

function mixedEnds(path: string, line: number, returns: boolean): DataError {
  const [others, found] = returns ? ["CR LF", "LF"] : ["LF", "CR LF"];
  return new DataError(`${path} line ${line}: this line ends in ${found}, those before it in ${others}.`, {
    code: "mixed-line-ends",
    file: path,
    line,
    hint: "Give all lines the same end, with dos2unix for instance.",
  });
}

/** Reads once more, keeping what is refused: the first such line, with how many fields it has. */
async function firstRejected(path: string, width: number, sql: string): Promise<DataError | undefined> {
  await using database = await Database.open();
  await database.run(`CREATE TABLE ignored AS SELECT 1 FROM ${sql}`);
  const [bad] = await database.rows<{ offset: number; type: string; message: string }>(`
    SELECT byte_position - 1 AS "offset", error_type AS type, error_message AS message
    FROM reject_errors ORDER BY byte_position LIMIT 1`);
  if (bad === undefined) return undefined;
  const line = await lineOfByte(path, bad.offset);
  const found = /Found: (\d+)/.exec(bad.message)?.[1];
  const what =
    found === undefined
      ? `${bad.type.toLowerCase()} (${bad.message.split("\n")[0]})`
      : `${found} fields, expected ${width} as in the first line`;
  return new DataError(`${path} line ${line}: ${what}.`, {
    code: "bad-row",
    file: path,
    line,
    hint: 'A field that holds the delimiter or a line break must be in "quotes".',
  });
}
