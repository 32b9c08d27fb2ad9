/** One file of histories: `user item item …` a line, oldest first. Ids are any words. */
import { DataError } from "#base";
import { refuseColumns } from "../columns.ts";
import type { Database } from "../database.ts";
import { readLines } from "../lines.ts";
import { expectContent, expectFile, peek } from "../peek.ts";
import type { Facts, Peek, ReadRequest, Recognised, Source } from "../source.ts";

/** One user a line. */
export const sequences: Source = {
  name: "sequences",
  title: "sequences (`user item item …` a line)",

  /** Lines of at least two words, no two of the same user: prose repeats its first words, logs of pairs their users. */
  detect({ kind, lines }: Peek): Recognised | undefined {
    if (kind !== "file" || lines.length === 0) return undefined;
    const words = lines.map((line) => line.trim().split(/\s+/));
    const users = new Set(words.map(([user]) => user));
    const told = words.every((line) => line.length >= 2) && users.size === lines.length && !/[,;{]/.test(lines[0]);
    return told ? { confidence: 0.5, why: "its lines are words, the first of them different in each" } : undefined;
  },

  async files(source: string): Promise<readonly string[]> {
    const peeked = await peek(source);
    expectContent(peeked);
    expectFile(peeked, "sequences");
    return [source];
  },

  async read(database: Database, { source, columns }: ReadRequest): Promise<Facts> {
    refuseColumns(source, columns, "sequences");
    await readLines(database, "histories", source);
    const [alone] = await database.rows<{ line: number; user: string }>(
      `SELECT line, words[1] AS "user" FROM histories WHERE len(words) < 2 ORDER BY line LIMIT 1`,
    );
    if (alone !== undefined) {
      throw new DataError(
        `${source} line ${alone.line}: user "${alone.user}" has no item. Expected \`user item item …\`.`,
        {
          code: "no-items",
          file: source,
          line: alone.line,
          field: "item",
          hint: "Remove the line.",
        },
      );
    }
    await database.run(`
      INSERT INTO log SELECT "user", item, NULL, NULL FROM (
        SELECT line, words[1] AS "user", unnest(words[2:]) AS item, generate_subscripts(words[2:], 1) AS position
        FROM histories) ORDER BY line, position`);
    return { warnings: [] };
  },
};
