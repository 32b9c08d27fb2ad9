/**
 * Lists of Amazon products: an object a line, JSON (2018, 2023) or, in 2014, a Python dict. Columns where they are not
 * named: item parent_asin, else asin · title · brand, else store · category the first path of `categories` (2014: a list of
 * paths), else `category`, else `main_category`.
 */
import { createWriteStream } from "node:fs";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { DataError, DeftrecError } from "#base";
import { type Database, literal } from "./database.ts";
import { compressionOf } from "./gzip.ts";
import { firstBroken, objectOf, openJsonLines } from "./json-lines.ts";
import { linesOf } from "./line-numbers.ts";
import { peek } from "./peek.ts";
import { parsePythonLiteral } from "./python-literal.ts";
import type { ColumnMap, Peek, Recognised } from "./source.ts";
import { readItems } from "./table.ts";

const LISTS = ["categories", "category"];
const TEXTS = ["parent_asin", "asin", "title", "brand", "store", "main_category"];

/** Whether the first line is an object with an asin, and no review. */
export function detectProducts({ kind, lines }: Peek): Recognised | undefined {
  if (kind !== "file" || lines.length === 0) return undefined;
  const product = objectOf(lines[0]) ?? dictOf(lines[0]);
  const key = ["parent_asin", "asin"].find((name) => product !== undefined && name in product);
  if (product === undefined || key === undefined || "reviewerID" in product || "user_id" in product) return undefined;
  return { confidence: 0.95, why: `its lines are products, each with ${key}` };
}

/** Pours the products at `path` into `listed`. */
export async function readProducts(database: Database, path: string, said: ColumnMap): Promise<void> {
  const named = Object.keys(said).length > 0;
  const [first = ""] = (await peek(path)).lines;
  const dicts = objectOf(first) === undefined && first.trimStart().startsWith("{");
  const json = dicts ? await asJson(database, path, named ? undefined : [...TEXTS, ...LISTS]) : path;
  if (named) return readItems(database, path, said, await openJsonLines(json));
  const types = [...TEXTS, ...LISTS].map((key) => `${key}: 'JSON'`).join(", ");
  const text = (key: string) => `nullif(trim(${key} ->> '$'), '')`;
  const work = database.run(`
    INSERT INTO listed SELECT coalesce(${text("parent_asin")}, ${text("asin")}), ${text("title")},
      coalesce(${text("brand")}, ${text("store")}),
      coalesce(${LISTS.map(pathOf).join(", ")}, ${text("main_category")})
    FROM read_json(${literal(json)}, format = 'newline_delimited', compression = ${literal(await compressionOf(json))},
      columns = {${types}})`);
  await work.catch(async (cause) => {
    throw cause instanceof DeftrecError ? cause : await firstBroken(path, cause);
  });
}

/** SQL for a category path: `["a", "b"]`, or the first of `[["a", "b"], …]`, as `a / b`. */
function pathOf(key: string): string {
  const first = `json_extract(${key}, '$[0]')`;
  const list = `CASE WHEN json_type(${first}) = 'ARRAY' THEN ${first} ELSE ${key} END`;
  const joined = `array_to_string(json_extract_string(${list}, '$[*]'), ' / ')`;
  return `nullif(CASE WHEN json_type(${key}) = 'ARRAY' THEN ${joined} ELSE ${key} ->> '$' END, '')`;
}

/** Python dicts written as JSON into the scratch folder, with `keys` or all of them; a broken line is a `DataError`. */
async function asJson(database: Database, path: string, keys?: readonly string[]): Promise<string> {
  const json = join(database.directory, "products.jsonl");
  await pipeline(Readable.from(jsonOfDicts(path, keys)), createWriteStream(json));
  return json;
}

async function* jsonOfDicts(path: string, keys?: readonly string[]): AsyncGenerator<string> {
  let line = 0;
  for await (const text of linesOf(path)) {
    line++;
    if (text.trim() === "") continue;
    const product = dictAt(path, line, text.replace(/^\uFEFF/, ""));
    yield `${JSON.stringify(product, keys && [...keys])}\n`;
  }
}

function dictAt(path: string, line: number, text: string): unknown {
  try {
    return parseDict(text);
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause;
    throw new DataError(`${path} line ${line}: this is not a Python dict: ${cause.message}.`, {
      code: "bad-row",
      file: path,
      line,
      hint: "Each line must be one object, JSON or a Python dict: {'asin': …}.",
      cause,
    });
  }
}

function parseDict(text: string): Readonly<Record<string, unknown>> {
  const value = parsePythonLiteral(text);
  if (typeof value === "object" && value !== null && !Array.isArray(value)) {
    return value as Readonly<Record<string, unknown>>; // as: an object, by the line above
  }
  throw new SyntaxError('expected "{" at character 1');
}

function dictOf(line: string): Readonly<Record<string, unknown>> | undefined {
  try {
    return parseDict(line);
  } catch {
    return undefined;
  }
}
