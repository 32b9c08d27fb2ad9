/**
 * RecBole's atomic files: NAME.inter, one interaction a line, and NAME.item beside it, both tab-separated with a header of
 * `name:type` (token, token_seq, float, float_seq). A directory with one NAME.inter will do.
 * Source: RecBole's documentation, "Atomic Files".
 */
import { basename, join } from "node:path";
import { DataError } from "#base";
import type { Database } from "../database.ts";
import { delimitedTable, tabDialect } from "../delimited.ts";
import { expectContent, peek } from "../peek.ts";
import type { Facts, Peek, ReadRequest, Recognised, Source, Table } from "../source.ts";
import { readItems, readLog } from "../table.ts";

const FIELD = /^([^\s:]+):(token|token_seq|float|float_seq)$/;
const LOG = ".inter";
const LIST = ".item";

/** An `.inter` file, and the `.item` file beside it. */
export const recbole: Source = {
  name: "recbole",
  title: "RecBole's atomic files (NAME.inter, NAME.item)",

  detect(peeked: Peek): Recognised | undefined {
    if (peeked.kind === "file") return detectTyped(peeked);
    const found = peeked.entries.filter((name) => name.endsWith(LOG));
    return found.length === 0 ? undefined : { confidence: 0.9, why: `it is a directory with ${found.join(", ")}` };
  },

  async files(source: string): Promise<readonly string[]> {
    const { log, list } = await locate(source);
    expectContent(await peek(log));
    return list === undefined ? [log] : [log, list];
  },

  async read(database: Database, request: ReadRequest): Promise<Facts> {
    const { log, list } = await locate(request.source);
    const facts = await readLog(database, { ...request, source: log }, await openTyped(log));
    if (list !== undefined && request.items === undefined) await readItems(database, list, {}, await openTyped(list));
    return facts;
  },

  items: {
    detect: (peeked) => (peeked.kind === "file" ? detectTyped(peeked) : undefined),
    read: async (database, path, columns) => readItems(database, path, columns, await openTyped(path)),
  },
};

function detectTyped({ lines }: Peek): Recognised | undefined {
  const fields = (lines[0] ?? "").split("\t").map((field) => field.trim());
  if (fields.length < 2 || !fields.every((field) => FIELD.test(field))) return undefined;
  return { confidence: 0.95, why: `its first line names columns with types (${fields.join(" ").slice(0, 80)})` };
}

/** The log that `source` names or holds, and the list beside it. */
async function locate(source: string): Promise<{ readonly log: string; readonly list?: string }> {
  const peeked = await peek(source);
  expectContent(peeked);
  const directory = peeked.kind === "directory";
  const log = directory ? onlyLog(source, peeked.entries) : basename(source);
  const list = log.endsWith(LOG) ? log.slice(0, -LOG.length) + LIST : undefined;
  const at = (name: string) => (directory ? join(source, name) : join(source, "..", name));
  const beside = directory ? peeked.entries : peeked.beside;
  const there = list !== undefined && beside.includes(list);
  return { log: directory ? at(log) : source, ...(there && { list: at(list) }) };
}

function onlyLog(directory: string, entries: readonly string[]): string {
  const logs = entries.filter((name) => name.endsWith(LOG));
  const namesake = logs.find((name) => name === basename(directory) + LOG);
  if (namesake !== undefined || logs.length === 1) return namesake ?? logs[0];
  const found = logs.length === 0 ? "no .inter file" : `several .inter files (${logs.slice(0, 6).join(", ")})`;
  throw new DataError(`${directory}: ${found} in this directory. Expected one.`, {
    code: "missing-files",
    file: directory,
    field: LOG,
    hint: "Name the .inter file itself.",
  });
}

function openTyped(path: string): Promise<Table> {
  return delimitedTable(path, tabDialect, (field) => {
    const name = FIELD.exec(field)?.[1];
    if (name !== undefined) return name;
    throw new DataError(
      `${path} line 1: "${field}" is not name:type. Expected a header such as user_id:token TAB item_id:token TAB timestamp:float.`,
      {
        code: "bad-header",
        file: path,
        line: 1,
        field,
        hint: "Types are token, token_seq, float and float_seq; a table without them is --format tsv.",
      },
    );
  });
}
