/**
 * Amazon reviews as McAuley's group publishes them, one object a line, often compressed, the products in meta_NAME beside:
 *   2014, 2018  reviewerID asin overall unixReviewTime · asin title brand categories (2014: Python dicts) or category
 *   2023        user_id parent_asin asin rating timestamp, in milliseconds · parent_asin title store categories
 * The item is what log and products have in common: parent_asin where there is one, else asin.
 * Source: cseweb.ucsd.edu/~jmcauley/datasets/amazon, nijianmo.github.io/amazon, amazon-reviews-2023.github.io.
 */
import { basename, dirname, join } from "node:path";
import { DataError } from "#base";
import type { Database } from "../database.ts";
import { objectOf, openJsonLines } from "../json-lines.ts";
import { expectContent, peek } from "../peek.ts";
import { detectProducts, readProducts } from "../products.ts";
import type { Facts, Peek, ReadRequest, Recognised, Source } from "../source.ts";
import { readLog } from "../table.ts";

const FILE = /\.jsonl?(\.gz)?$/;
const PRODUCTS = /^meta_/;

/** Reviews, and the products beside them. */
export const amazon: Source = {
  name: "amazon",
  title: "Amazon reviews",

  detect({ kind, entries, lines }: Peek): Recognised | undefined {
    if (kind === "directory") {
      const { log, list } = filesAmong(entries);
      if (log === undefined || list === undefined) return undefined;
      return { confidence: 0.9, why: `it is a directory with ${log} and ${list}` };
    }
    const review = objectOf(lines[0] ?? "");
    if (review === undefined) return undefined;
    const has = (...keys: string[]) => keys.every((key) => key in review);
    if (has("reviewerID", "asin")) return { confidence: 0.95, why: "its objects have reviewerID and asin" };
    const item = has("parent_asin") ? "parent_asin" : "asin";
    if (!has("user_id", item, "timestamp")) return undefined;
    return { confidence: 0.95, why: `its objects have user_id, ${item} and timestamp` };
  },

  async files(source: string): Promise<readonly string[]> {
    const { log, list } = await locate(source);
    expectContent(await peek(log));
    return list === undefined ? [log] : [log, list];
  },

  async read(database: Database, request: ReadRequest): Promise<Facts> {
    const { log, list } = await locate(request.source);
    const { warnings } = await readLog(database, { ...request, source: log }, await openJsonLines(log));
    if (list !== undefined && request.items === undefined) await readProducts(database, list, {});
    // Of the 2023 edition one knows that its times are milliseconds: nothing to be warned of.
    return { warnings: warnings.filter((warning) => !warning.startsWith("timestamp is read as milliseconds")) };
  },

  items: { detect: detectProducts, read: readProducts },
};

/** `reviews_Beauty_5.json.gz`, `Beauty_5.json`, `Beauty.jsonl` → Beauty. */
function departmentOf(name: string): string {
  return name
    .replace(FILE, "")
    .replace(PRODUCTS, "")
    .replace(/^reviews_/, "")
    .replace(/_\d+$/, "");
}

/** The only log in a folder, or the one called `log`, and the products of its department. */
function filesAmong(names: readonly string[], log?: string): { readonly log?: string; readonly list?: string } {
  const lists = names.filter((name) => FILE.test(name) && PRODUCTS.test(name));
  const departments = new Set(lists.map(departmentOf));
  const named = names.filter((name) => FILE.test(name) && !PRODUCTS.test(name));
  const logs = log === undefined ? named : [log];
  const told = logs.filter((name) => departments.has(departmentOf(name)));
  const [found] = logs.length === 1 ? logs : told.length === 1 ? told : [];
  if (found === undefined) return {};
  return { log: found, list: lists.find((name) => departmentOf(name) === departmentOf(found)) };
}

async function locate(source: string): Promise<{ readonly log: string; readonly list?: string }> {
  const peeked = await peek(source);
  expectContent(peeked);
  const directory = peeked.kind === "directory";
  const folder = directory ? source : dirname(source);
  const { log, list } = directory ? filesAmong(peeked.entries) : filesAmong(peeked.beside, basename(source));
  if (log === undefined) {
    throw new DataError(
      `${source}: not one file of reviews (NAME.json or NAME.jsonl, also .gz) is told from the others in this directory.`,
      {
        code: "missing-files",
        file: source,
        field: "NAME.jsonl",
        hint: "Name the file of reviews itself.",
      },
    );
  }
  return { log: directory ? join(folder, log) : source, ...(list !== undefined && { list: join(folder, list) }) };
}
