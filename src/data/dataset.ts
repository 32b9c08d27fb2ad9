/**
 * A prepared dataset: a folder of Parquet files and a manifest, opened into typed arrays.
 *   interactions.parquet  user (row), item (index), timestamp (seconds, where known); by user, oldest first
 *   items.parquet         index 1..N, item, title, brand, category
 *   users.parquet         row 0.., user
 * Plain Parquet, so that anything else (Spark, pandas, a warehouse) reads or writes it.
 */
import { access, readFile } from "node:fs/promises";
import { join } from "node:path";
import { DataError } from "#base";
import { Catalogue, type CatalogueRow } from "./catalogue.ts";
import { Database, literal } from "./database.ts";
import { Histories } from "./histories.ts";
import { LAYOUT, type Manifest, manifestSchema } from "./manifest.ts";
import { Users } from "./users.ts";

/** Everything known about who took what, by catalogue index and user row. */
export interface Dataset {
  readonly directory: string;
  readonly name: string;
  /** Content hash: the same log, catalogue and options give the same. */
  readonly hash: string;
  readonly manifest: Manifest;
  /** All interactions; splits are views of these. */
  readonly histories: Histories;
  readonly catalogue: Catalogue;
  readonly users: Users;
}

/** Names inside a prepared dataset. */
export const files = {
  manifest: "manifest.json",
  interactions: "interactions.parquet",
  items: "items.parquet",
  users: "users.parquet",
} as const;

/** Opens what `prepare` left in `directory`. */
export async function openDataset(directory: string): Promise<Dataset> {
  const manifest = await readManifest(directory);
  await using database = await Database.open();
  const guarded = async <T>(name: string, read: (from: string) => Promise<T>): Promise<T> => {
    const path = join(directory, name);
    try {
      await access(path);
      return await read(`read_parquet(${literal(path)})`);
    } catch (cause) {
      throw cause instanceof DataError ? cause : damaged(path, "cannot be read", cause);
    }
  };
  const histories = await guarded(files.interactions, (from) => readHistories(database, from, manifest, directory));
  const catalogue = new Catalogue(await guarded(files.items, (from) => readItems(database, from)));
  const users = new Users(await guarded(files.users, (from) => readUsers(database, from)));
  expectCount(directory, files.items, catalogue.size, manifest.items);
  expectCount(directory, files.users, users.count, manifest.users);
  return { directory, name: manifest.name, hash: manifest.hash, manifest, histories, catalogue, users };
}

/** The manifest of a prepared dataset. */
export async function readManifest(directory: string): Promise<Manifest> {
  const path = join(directory, files.manifest);
  const text = await readFile(path, "utf8").catch((cause) => {
    throw new DataError(
      `${directory}: no prepared dataset here. Expected a folder with ${files.manifest}, as \`deftrec import\` writes it.`,
      { code: "no-dataset", file: path, hint: "Make one with `deftrec import SOURCE --out DATASET`.", cause },
    );
  });
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw damaged(path, "is not JSON", cause);
  }
  const result = manifestSchema.safeParse(value);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw damaged(path, `does not fit layout ${LAYOUT} at "${issue.path.join(".")}" (${issue.message})`, result.error);
}

function damaged(path: string, what: string, cause?: unknown): DataError {
  const hint = "Import the source again.";
  return new DataError(`${path}: ${what}; this prepared dataset is damaged or incomplete.`, {
    code: "damaged-dataset",
    file: path,
    hint,
    cause,
  });
}

function expectCount(directory: string, name: string, found: number, expected: number): void {
  if (found !== expected)
    throw damaged(join(directory, name), `holds ${found} rows where the manifest says ${expected}`);
}

async function readHistories(database: Database, from: string, manifest: Manifest, directory: string) {
  const items = new Int32Array(manifest.interactions);
  const timestamps = manifest.timestamps ? new Float64Array(manifest.interactions) : undefined;
  const ends = new Float64Array(manifest.users);
  const path = join(directory, files.interactions);
  let count = 0;
  let latest = 0;
  for await (const chunk of database.chunks(`SELECT "user", item${timestamps ? ", timestamp" : ""} FROM ${from}`)) {
    // as: the columns are INTEGER, INTEGER and DOUBLE, none of them null, by the layout.
    const columns = Array.from({ length: chunk.columnCount }, (_, at) => chunk.getColumnValues(at) as number[]);
    for (let row = 0; row < chunk.rowCount; row++, count++) {
      const [user, item] = [columns[0][row], columns[1][row]];
      if (!(user >= latest && user < manifest.users && item >= 1 && item <= manifest.items)) {
        throw damaged(path, `row ${count + 1} (user ${user}, item ${item}) is out of order or out of range`);
      }
      latest = user;
      items[count] = item;
      if (timestamps) timestamps[count] = columns[2][row];
      ends[user]++;
    }
  }
  expectCount(directory, files.interactions, count, manifest.interactions);
  for (let user = 1; user < ends.length; user++) ends[user] += ends[user - 1];
  const starts = new Float64Array(ends.length);
  starts.set(ends.subarray(0, -1), 1);
  return new Histories(items, starts, ends, timestamps);
}

async function readItems(database: Database, from: string): Promise<CatalogueRow[]> {
  const rows: CatalogueRow[] = [];
  for await (const chunk of database.chunks(`SELECT item, title, brand, category FROM ${from} ORDER BY "index"`)) {
    // as: four VARCHAR columns by the layout, the last three of them possibly null.
    for (const [item, title, brand, category] of chunk.getRows() as (string | null)[][]) {
      rows.push({
        item: String(item),
        ...(title !== null && { title }),
        ...(brand !== null && { brand }),
        ...(category !== null && { category }),
      });
    }
  }
  return rows;
}

async function readUsers(database: Database, from: string): Promise<string[]> {
  const ids: string[] = [];
  for await (const chunk of database.chunks(`SELECT "user" FROM ${from} ORDER BY row`)) {
    for (const id of chunk.getColumnValues(0)) ids.push(String(id));
  }
  return ids;
}
