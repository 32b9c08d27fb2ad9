/**
 * SASRec's files: `user item` a line, a user's items oldest first, no header. Ids are any words.
 * Source: pmixer/SASRec.pytorch and kang205/SASRec, `data/*.txt`.
 * A file whose users are all different could be pairs or sequences of one item: both read the same.
 */
import { DataError } from "#base";
import { isColumnName, refuseColumns } from "../columns.ts";
import type { Database } from "../database.ts";
import { readLines } from "../lines.ts";
import { expectContent, expectFile, most, peek } from "../peek.ts";
import type { Facts, Peek, ReadRequest, Recognised, Source } from "../source.ts";

/** One interaction a line, without a header. */
export const pairs: Source = {
  name: "pairs",
  title: "pairs (`user item` a line)",

  /** Numbers are surer than a TSV (0.7), which has a header; other words are less sure than one. */
  detect({ kind, lines }: Peek): Recognised | undefined {
    if (kind !== "file" || lines.length < 2 || /[,;{]/.test(lines[0])) return undefined;
    const words = lines.map((line) => line.trim().split(/\s+/));
    if (new Set(words.map(([user]) => user)).size === lines.length) return undefined;
    const why = (what: string) => `its lines are two ${what} each, and the first of them comes again`;
    const numbers = (line: string) => /^\s*\d+\s+\d+\s*$/.test(line);
    if (numbers(lines[0]) && most(lines, numbers)) return { confidence: 0.8, why: why("numbers") };
    if (words.some((line) => line.length !== 2) || words[0].some(isColumnName)) return undefined;
    return { confidence: 0.6, why: why("words") };
  },

  async files(source: string): Promise<readonly string[]> {
    const peeked = await peek(source);
    expectContent(peeked);
    expectFile(peeked, "pairs");
    return [source];
  },

  async read(database: Database, { source, columns }: ReadRequest): Promise<Facts> {
    refuseColumns(source, columns, "pairs");
    await readLines(database, "pairs", source);
    const [bad] = await database.rows<{ line: number; width: number }>(
      "SELECT line, len(words)::INTEGER AS width FROM pairs WHERE len(words) <> 2 ORDER BY line LIMIT 1",
    );
    if (bad !== undefined) {
      throw new DataError(
        `${source} line ${bad.line}: ${bad.width} ${bad.width === 1 ? "word" : "words"}, expected two: \`user item\`.`,
        {
          code: "bad-row",
          file: source,
          line: bad.line,
          hint: "Correct the line; a file of `user item item …` is --format sequences.",
        },
      );
    }
    await database.run(`INSERT INTO log SELECT words[1], words[2], NULL, NULL FROM pairs ORDER BY line`);
    return { warnings: [] };
  },
};
