/** Tab-separated values with a header line: one interaction a row. Fields are quoted only if the file's first lines are. */
import { delimitedTable, delimiterOf, tabDialect } from "../delimited.ts";
import type { Peek } from "../source.ts";
import { tableSource } from "../table.ts";

/** One interaction a row, fields between tabs. */
export const tsv = tableSource({
  name: "tsv",
  title: "TSV",
  detect: (peek: Peek) =>
    delimiterOf(peek, ["\t"]) === undefined
      ? undefined
      : {
          confidence: 0.7,
          why: `its lines have fields between tabs (${peek.lines[0].slice(0, 80)})`,
        },
  table: (path) => delimitedTable(path, tabDialect),
});
