/**
 * A column of times as seconds since 1970 (UTC): numbers as they are (or in milli-, micro-, nanoseconds, told by their
 * size), or ISO dates, if every row has one. A column that is neither is refused with the first row that spoils it.
 */
import { DataError } from "#base";
import type { Database } from "./database.ts";

/** SQL for the seconds of `column`, and what is worth a warning about it. */
export interface Seconds {
  readonly sql: string;
  readonly warnings: readonly string[];
}

/** Later than the year 5138 in seconds is a date of today in a finer unit. */
const FINER_UNITS = [
  { from: 1e17, divisor: 1e9, name: "nanoseconds" },
  { from: 1e14, divisor: 1e6, name: "microseconds" },
  { from: 1e11, divisor: 1e3, name: "milliseconds" },
] as const;

/** Decides how the texts in `column` of `table` are read. `locate` turns a row (from 1) into where it stands. */
export async function seconds(
  database: Database,
  table: string,
  column: string,
  field: string,
  locate: (row: number) => Promise<{ readonly file: string; readonly line?: number; readonly place: string }>,
): Promise<Seconds> {
  const asNumber = `TRY_CAST(${column} AS DOUBLE)`;
  const asDate = `TRY_CAST(${column} AS TIMESTAMPTZ)`;
  const isNumber = `coalesce(isfinite(${asNumber}), false)`;
  const [counts] = await database.rows<{ rows: number; numbers: number; dates: number; least: number | null }>(`
    SELECT count(*) AS rows, count(*) FILTER (WHERE ${isNumber}) AS numbers, min(${asNumber}) AS least,
      CASE WHEN count(*) FILTER (WHERE ${isNumber}) = count(*) THEN 0 ELSE count(${asDate}) END AS dates FROM ${table}`);
  if (counts.rows === counts.numbers) return fromNumbers(asNumber, counts.least ?? 0, field);
  if (counts.rows === counts.dates) return { sql: `epoch(${asDate})`, warnings: [] };
  const mostlyDates = counts.dates > counts.numbers;
  const [bad] = await database.rows<{ row: number; text: string | null }>(`
    SELECT rowid + 1 AS row, ${column} AS text FROM ${table}
    WHERE NOT ${mostlyDates ? `(${asDate} IS NOT NULL)` : isNumber} ORDER BY rowid LIMIT 1`);
  const { file, line, place } = await locate(bad.row);
  const text = bad.text ?? "";
  const what = text.trim() === "" ? "is empty" : `"${text}" is not ${mostlyDates ? "an ISO date" : "a number"}`;
  throw new DataError(
    `${place}: ${field} ${what}. Expected seconds since 1970 (UTC), or ISO dates such as 2019-03-12 in every row.`,
    {
      code: "bad-timestamp",
      file,
      line,
      field,
      hint: "Correct or remove the row, or name another column with --columns time=COLUMN.",
    },
  );
}

function fromNumbers(asNumber: string, least: number, field: string): Seconds {
  const unit = FINER_UNITS.find(({ from }) => least >= from);
  if (unit === undefined) return { sql: asNumber, warnings: [] };
  return { sql: `${asNumber} / ${unit.divisor}`, warnings: [`${field} is read as ${unit.name}, by its size.`] };
}
