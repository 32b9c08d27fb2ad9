/** Comma- (or semicolon-) separated values with a header line: one interaction a row. */
import { delimitedTable, delimiterOf } from "../delimited.ts";
import type { Peek } from "../source.ts";
import { tableSource } from "../table.ts";

const DELIMITERS = [",", ";"];

/** One interaction a row, fields between commas or semicolons. */
export const csv = tableSource({
  name: "csv",
  title: "CSV",
  detect: (peek: Peek) => {
    const delimiter = delimiterOf(peek, DELIMITERS);
    if (delimiter === undefined) return undefined;
    return { confidence: 0.7, why: `its lines have fields between "${delimiter}" (${peek.lines[0].slice(0, 80)})` };
  },
  table: (path) =>
    delimitedTable(path, (peek) => ({ delimiter: delimiterOf(peek, DELIMITERS) ?? DELIMITERS[0], quote: '"' })),
});
