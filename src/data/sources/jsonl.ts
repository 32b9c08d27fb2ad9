/** JSON lines: one object an interaction, its keys are the columns. */
import { createReadStream } from "node:fs";
import { createInterface } from "node:readline";
import { DataError } from "#base";
import { Database, literal } from "../database.ts";
import { lineOfRecord } from "../line-numbers.ts";
import type { Peek, Table } from "../source.ts";
import { tableSource, unreadable } from "../table.ts";

/** One interaction a line, as an object. */
export const jsonl = tableSource({
  name: "jsonl",
  title: "JSON lines",
  detect: ({ lines }: Peek) =>
    lines.length > 0 && isObject(lines[0]) ? { confidence: 0.9, why: "each of its lines is a JSON object" } : undefined,
  table: openJsonLines,
});

function isObject(line: string): boolean {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === "object" && value !== null && !Array.isArray(value);
  } catch {
    return false;
  }
}

async function openJsonLines(path: string): Promise<Table> {
  const from = `read_json(${literal(path)}, format = 'newline_delimited'`;
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
async function firstBroken(path: string, cause: unknown): Promise<DataError> {
  let number = 0;
  for await (const line of createInterface({ input: createReadStream(path), crlfDelay: Number.POSITIVE_INFINITY })) {
    number++;
    if (line.trim() === "" || isObject(line)) continue;
    return new DataError(`${path} line ${number}: ${JSON.stringify(line.slice(0, 60))} is not a JSON object.`, {
      code: "bad-row",
      file: path,
      line: number,
      hint: "Each line must be one object: {…}.",
      cause,
    });
  }
  return unreadable(path, cause);
}
