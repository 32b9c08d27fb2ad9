/** Which column of a table is the user, the item, the time: as the user says, or by the names logs usually have. */
import { ConfigError, DataError, didYouMean } from "#base";
import type { ColumnMap, Table } from "./source.ts";

/** What a log's columns can mean, with the names they go by, likeliest first; compared without case and punctuation. */
export const LOG_COLUMNS = {
  user: "user userid uid useridx customer customerid reviewerid visitorid memberid clientid accountid buyerid sessionid",
  item: "item itemid iid product productid parentasin asin movieid articleid sku bookid isbn trackid songid artistid gameid objectid businessid",
  time: "timestamp time ts unixtime unixreviewtime eventtime datetime date createdat purchasedat orderdate",
  rating: "rating overall stars score rate",
} as const;

/** What a catalogue's columns can mean. */
export const ITEM_COLUMNS = {
  item: LOG_COLUMNS.item,
  title: "title name itemname productname producttitle itemtitle movietitle artist",
  brand: "brand manufacturer maker vendor store author",
  category: "category categories genre genres maincategory itemcategory categorypath department class type",
} as const;

type Meanings = Readonly<Record<string, string>>;

/** `user=U,item=I` as a map; an unknown meaning is a `ConfigError` that lists the known ones. */
export function parseColumnMap(flag: string, text: string, known: Meanings): ColumnMap {
  const map: Record<string, string> = {};
  for (const pair of text.split(",")) {
    const [meaning, ...rest] = pair.split("=");
    const name = rest.join("=").trim();
    const expected = Object.keys(known);
    if (!expected.includes(meaning.trim()) || name === "") {
      const suggestion = name === "" ? "." : didYouMean(meaning.trim(), expected) || ".";
      throw new ConfigError(
        `${flag}: "${pair.trim()}" is not understood${suggestion} Expected ${expected.map((word) => `${word}=COLUMN`).join(",")}.`,
        { code: "bad-columns", field: flag.replace(/^--/, "") },
      );
    }
    map[meaning.trim()] = name;
  }
  return map;
}

/** Says that `--columns` was given for a format whose columns have no names, instead of passing over it. */
export function refuseColumns(source: string, said: ColumnMap, format: string): void {
  if (Object.keys(said).length === 0) return;
  throw new ConfigError(`${source}: --columns does not apply to ${format}: there are no columns with names in it.`, {
    code: "bad-columns",
    file: source,
    field: "columns",
    hint: "Leave --columns out, or say with --format what the file is.",
  });
}

/** Meaning → column of a table; `required` meanings must have one. */
export function chooseColumns(
  path: string,
  table: Pick<Table, "columns" | "header">,
  said: ColumnMap,
  known: Meanings,
  required: readonly string[],
): ColumnMap {
  const found = table.columns;
  const map: Record<string, string> = {};
  for (const [meaning, names] of Object.entries(known)) {
    const wanted = said[meaning];
    if (wanted !== undefined && !found.includes(wanted)) throw missing(path, table, meaning, wanted);
    const taken = new Set([...Object.values(said), ...Object.values(map)]);
    const free = found.filter((name) => !taken.has(name));
    const guess = names.split(" ").flatMap((name) => free.filter((column) => bare(column) === name))[0];
    const chosen = wanted ?? guess;
    if (chosen !== undefined) map[meaning] = chosen;
    else if (required.includes(meaning)) throw missing(path, table, meaning, undefined);
  }
  return map;
}

/** Whether a word is one of the names by which a log's or a catalogue's columns go. */
export function isColumnName(word: string): boolean {
  return [...Object.values(LOG_COLUMNS), ...Object.values(ITEM_COLUMNS)].some((names) =>
    names.split(" ").includes(bare(word)),
  );
}

function bare(name: string): string {
  return name.toLowerCase().replace(/[^\p{L}\p{N}]/gu, "");
}

function missing(path: string, table: Pick<Table, "columns" | "header">, meaning: string, wanted?: string): DataError {
  const { columns: found, header } = table;
  const listed = found.slice(0, 12).join(", ") + (found.length > 12 ? ", …" : "");
  const place = header === undefined ? path : `${path} line ${header}`;
  const message =
    wanted === undefined
      ? `${place}: no column is the ${meaning} by its name. Columns found: ${listed}.`
      : `${place}: no column "${wanted}" for the ${meaning}${didYouMean(wanted, found) || "."} Columns found: ${listed}.`;
  return new DataError(message, {
    code: "missing-column",
    file: path,
    line: header,
    field: wanted ?? meaning,
    hint: `Say which it is: ${meaning}=COLUMN in --columns (the log) or --item-columns (the items); the first line must name the columns.`,
  });
}
