/** What is said when DuckDB cannot read a file: its first sentence, and the line where it stopped. */
import { DataError } from "#base";

/** A file that DuckDB gave up on, in its words; `place` is the line where that is known better. */
export function unreadable(path: string, cause: unknown, place?: number): DataError {
  const text = String(cause instanceof Error ? cause.message : cause);
  const csvLine = /CSV Error on Line: (\d+)/.exec(text)?.[1];
  const line = place ?? (csvLine === undefined ? undefined : Number(csvLine));
  const said =
    text.split("\n").find((words) => words !== "" && !/CSV Error on Line|^Original Line/.test(words)) ?? text;
  return new DataError(`${path}${line === undefined ? "" : ` line ${line}`}: cannot be read. ${said.trim()}`, {
    code: "unreadable",
    file: path,
    line,
    hint: "Check that the file is whole, is UTF-8 and has the format that was recognised (--format says another).",
    cause,
  });
}
