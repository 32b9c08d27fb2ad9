/** Files with an object a line, as tables whose columns are the keys. */
import { DataError } from "#base";
import { Database, literal } from "./database.ts";
import { compressionOf } from "./gzip.ts";
import { lineOfRecord, linesOf } from "./line-numbers.ts";
import type { Table } from "./source.ts";
import { unreadable } from "./unreadable.ts";

/** The object a line holds, if it holds one. */
export function objectOf(line: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(line);
    if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
    return value as Readonly<Record<string, unknown>>; // as: an object, by the line above
  } catch {
    return undefined;
  }
}

/** Opens a file of objects as a table. */
export async function openJsonLines(path: string): Promise<Table> {
  const from = `read_json(${literal(path)}, format = 'newline_delimited', compression = ${literal(await compressionOf(path))}`;
  const explain = (cause: unknown) => firstBroken(path, cause);
  await using database = await Database.open();
  const found = await database
    .rows<{ column_name: string; column_type: string }>(`DESCRIBE SELECT * FROM ${from})`)
    .catch(async (cause) => {
      throw await explain(cause);
    });
  const lists = new Set(found.flatMap((row) => (row.column_type === "VARCHAR[]" ? [row.column_name] : [])));
  // Types are told, not guessed from the first rows: an id may be 7 in one line and "7b" in another.
  const types = found.map(
    ({ column_name: name }) => `${literal(name)}: '${lists.has(name) ? "VARCHAR[]" : "VARCHAR"}'`,
  );
  return {
    sql: `${from}, columns = {${types.join(", ")}})`,
    columns: found.map((row) => row.column_name),
    lists,
    lineOf: (row) => lineOfRecord(path, row),
    explain,
  };
}

/** The first line that is no JSON object: DuckDB's own count of lines is off by what it skipped. */
export async function firstBroken(path: string, cause: unknown): Promise<DataError> {
  const said = String(cause instanceof Error ? cause.message : cause);
  if (said.includes("byte order mark")) {
    return new DataError(`${path} line 1: a byte order mark stands before the first object.`, {
      code: "bad-row",
      file: path,
      line: 1,
      hint: "Save the file as UTF-8 without a byte order mark.",
      cause,
    });
  }
  let number = 0;
  for await (const line of linesOf(path)) {
    number++;
    if (line.trim() === "" || objectOf(line)) continue;
    return new DataError(`${path} line ${number}: ${JSON.stringify(line.slice(0, 60))} is not a JSON object.`, {
      code: "bad-row",
      file: path,
      line: number,
      hint: "Each line must be one object: {…}.",
      cause,
    });
  }
  const line = /in line (\d+)/.exec(said)?.[1];
  return unreadable(path, cause, line === undefined ? undefined : Number(line));
}
