/**
 * Any source, prepared once: recognised by content, hashed, read, filtered and written as a dataset folder. The same
 * content with the same options is not prepared twice (a cache by hash).
 */
import { cp, mkdir, readdir, rename, rm, stat, writeFile } from "node:fs/promises";
import { basename, dirname, join, relative, resolve } from "node:path";
import { beside, ConfigError, cacheDirectory, DataError, type Emit, Lock, replaceFile } from "#base";
import { type Assembled, assemble } from "./assemble.ts";
import { contentHash } from "./content-hash.ts";
import { Database, type Stop } from "./database.ts";
import { files, readManifest } from "./dataset.ts";
import { type Dropped, LAYOUT, type Manifest } from "./manifest.ts";
import { expectContent, ITEMS, peek, recognise } from "./peek.ts";
import type { ColumnMap, Source } from "./source.ts";
import * as registry from "./sources/index.ts";

const sources: readonly Source[] = Object.values(registry);

/** What `import` and `train` may say about a source. */
export interface PrepareOptions {
  /** Where the dataset goes; without it, into the cache. */
  readonly out?: string;
  /** Skips recognition. */
  readonly format?: string;
  /** A table of the items, and which of its columns is which. */
  readonly items?: string;
  readonly itemColumns?: ColumnMap;
  /** Which column of the log is which: user, item, time, rating. */
  readonly columns?: ColumnMap;
  readonly minRating?: number;
  readonly minUser?: number;
  readonly minItem?: number;
  readonly signal?: Stop;
}

/** A dataset that is ready to be opened. */
export interface PreparedInfo {
  readonly directory: string;
  readonly dataset: string;
  readonly format: string;
  readonly users: number;
  readonly items: number;
  readonly interactions: number;
  readonly hash: string;
  readonly dropped: Dropped;
  readonly warnings: readonly string[];
  /** It was there already. */
  readonly reused: boolean;
}

/** Prepares `source` (a path, a made source's words, or a prepared dataset) and says where the dataset is. */
export async function prepare(source: string, options: PrepareOptions, emit: Emit): Promise<PreparedInfo> {
  const peeked = await peek(source);
  await using _lock = options.out === undefined ? undefined : await lockBeside(options.out);
  if (peeked.entries.includes(files.manifest)) return alreadyPrepared(source, options);
  const format = recognise(peeked, sources, options.format);
  emit({ type: "message", text: `${source}: read as ${format.source.title}, because ${format.why}.` });
  const name = nameOf(source);
  const hash = await hashOf(source, format.source, options);
  const directory = options.out ?? join(cacheDirectory(), "datasets", `${name}-${hash.slice(0, 16)}`);
  const known = await readManifest(directory).catch(() => undefined);
  if (known?.hash === hash && (await isWhole(directory, known))) {
    emit({ type: "message", text: `${directory}: already prepared from the same content and options.` });
    return info(directory, known, true);
  }
  if (options.out !== undefined && known === undefined) await expectFree(options.out);
  return info(directory, await write(directory, { source, name, hash, format: format.source, options, emit }), false);
}

/** One writer a dataset: its lock stands beside it, because the folder itself is replaced. */
async function lockBeside(out: string): Promise<Lock> {
  await mkdir(dirname(resolve(out)), { recursive: true });
  return Lock.take(join(dirname(resolve(out)), `.${basename(resolve(out))}.lock`), "dataset");
}

interface Work {
  readonly source: string;
  readonly name: string;
  readonly hash: string;
  readonly format: Source;
  readonly options: PrepareOptions;
  readonly emit: Emit;
}

async function write(directory: string, work: Work): Promise<Manifest> {
  let manifest: Manifest | undefined;
  const old = beside(directory);
  try {
    await replaceFile(directory, async (part) => {
      await mkdir(part);
      manifest = { ...(await fill(part, work)), bytes: await sizes(part) };
      await writeFile(join(part, files.manifest), `${JSON.stringify(manifest, null, 2)}\n`);
      // A folder cannot be renamed onto another one: the old dataset steps aside first.
      if (await exists(directory)) await rename(directory, old);
    });
  } catch (cause) {
    if (await exists(old)) await rename(old, directory);
    const theirs = isTaken(cause) ? await readManifest(directory).catch(() => undefined) : undefined;
    if (theirs?.hash === work.hash && (await isWhole(directory, theirs))) return theirs; // two filled the cache at once
    throw cause;
  }
  await rm(old, { recursive: true, force: true });
  if (manifest === undefined) throw new Error("internal: a dataset was written without a manifest");
  return manifest;
}

/** Someone else's folder appeared where ours was to be renamed to. */
function isTaken(cause: unknown): boolean {
  return cause instanceof Error && "code" in cause && (cause.code === "ENOTEMPTY" || cause.code === "EEXIST");
}

/** Sizes of the files beside the manifest. */
async function sizes(directory: string): Promise<Record<string, number>> {
  const names = Object.values(files).filter((name) => name !== files.manifest);
  const found = await Promise.all(names.map(async (name) => [name, (await stat(join(directory, name))).size] as const));
  return Object.fromEntries(found);
}

/** Whether a dataset has the files its manifest speaks of: a damaged one is prepared anew, not found again and again. */
async function isWhole(directory: string, { bytes }: Manifest): Promise<boolean> {
  const found = await sizes(directory).catch(() => ({}) as Record<string, number>); // as: none of them
  return Object.entries(bytes).every(([name, size]) => found[name] === size);
}

async function fill(part: string, work: Work): Promise<Omit<Manifest, "bytes">> {
  const { source, name, hash, format, options, emit } = work;
  await using database = await Database.open(options.signal);
  await database.run(`
    CREATE TABLE log ("user" VARCHAR, item VARCHAR, time DOUBLE, rating DOUBLE);
    CREATE TABLE listed (item VARCHAR, title VARCHAR, brand VARCHAR, category VARCHAR)`);
  emit({ type: "progress", what: "reading", done: 0, of: 2 });
  const facts = await format.read(database, { source, columns: options.columns ?? {}, items: options.items, emit });
  const listed = await addItems(database, options, emit);
  if (options.minRating !== undefined) await expectRatings(database, source);
  emit({ type: "progress", what: "ordering and writing", done: 1, of: 2 });
  const assembled = await assemble(database, part, options);
  emit({ type: "progress", what: "prepared", done: 2, of: 2 });
  expectInteractions(source, assembled);
  return {
    layout: LAYOUT,
    name,
    format: format.name,
    hash,
    options: shapingOptions(options),
    users: assembled.users,
    items: assembled.items,
    interactions: assembled.interactions,
    timestamps: assembled.timestamps,
    dropped: assembled.dropped,
    warnings: [...facts.warnings, ...listed, ...shortUserWarnings(assembled)],
    // What is reachable was computed for the whole log.
    ...(Object.values(assembled.dropped).every((count) => count === 0) && { bestReachable: facts.bestReachable }),
  };
}

/** Reads `--items`, if there is one, behind what the source itself lists. */
async function addItems(database: Database, options: PrepareOptions, emit: Emit): Promise<readonly string[]> {
  const { items, itemColumns } = options;
  if (items !== undefined) {
    const lists = sources.flatMap(({ name, title, items: list }) => (list ? [{ name, title, ...list }] : []));
    const list = recognise(await peek(items), lists, undefined, ITEMS);
    emit({ type: "message", text: `${items}: read as ${list.source.title}, because ${list.why}.` });
    await list.source.read(database, items, itemColumns ?? {});
  }
  return listWarnings(database, options);
}

/** What is odd about the list of items, given the log. */
async function listWarnings(database: Database, { minItem = 0 }: PrepareOptions): Promise<readonly string[]> {
  const [{ rows, listed, taken }] = await database.rows<{ rows: number; listed: number; taken: number }>(`
    SELECT (SELECT count(item) FROM listed) AS rows, count(*) AS listed, count(t.item) AS taken
    FROM (SELECT DISTINCT item FROM listed WHERE item IS NOT NULL) l
    LEFT JOIN (SELECT DISTINCT item FROM log) t USING (item)`);
  const warnings: string[] = [];
  if (rows > listed) warnings.push(`${rows - listed} rows list an item that was listed before: the first row counts.`);
  if (listed > 0 && taken === 0) warnings.push("no listed item stands in the log: their ids are not the same.");
  else if (taken < listed / 2 && minItem < 1) {
    warnings.push(
      `${listed - taken} of ${listed} listed items are in no interaction and are ranked all the same: --min-item 1 leaves them out.`,
    );
  }
  return warnings;
}

async function expectRatings(database: Database, source: string): Promise<void> {
  if ((await database.number("SELECT count(rating) FROM log")) > 0) return;
  throw new DataError(`${source}: --min-rating needs ratings, and no column holds numbers that are ratings.`, {
    code: "missing-column",
    file: source,
    field: "rating",
    hint: "Name the column with --columns rating=COLUMN, or leave --min-rating out.",
  });
}

function expectInteractions(source: string, { interactions, dropped }: Assembled): void {
  if (interactions > 0) return;
  const reasons = Object.entries(dropped).flatMap(([reason, count]) => (count > 0 ? [`${count} ${reason}`] : []));
  throw new DataError(
    `${source}: no interaction is left (${reasons.length > 0 ? `dropped: ${reasons.join(", ")}` : "none was found"}).`,
    {
      code: "no-interactions",
      file: source,
      field: "interactions",
      hint: "Look at --min-rating, --min-user, --min-item and --columns.",
    },
  );
}

function shortUserWarnings({ shortUsers, users }: Assembled): readonly string[] {
  if (shortUsers === 0) return [];
  if (shortUsers === users) return ["no user has three interactions: nothing can be evaluated, and little learned."];
  return [
    `${shortUsers} of ${users} users have fewer than three interactions: they are trained on and never evaluated.`,
  ];
}

async function alreadyPrepared(directory: string, options: PrepareOptions): Promise<PreparedInfo> {
  const manifest = await readManifest(directory);
  const [given] = Object.keys(shapingOptions(options));
  if (given !== undefined) {
    throw new ConfigError(`${directory} is already prepared: "${given}" applies when the original log is imported.`, {
      code: "already-prepared",
      field: given,
      hint: "Import the original log with these options, or leave them out.",
    });
  }
  if (options.out === undefined || resolve(options.out) === resolve(directory)) return info(directory, manifest, true);
  await expectFree(options.out);
  await replaceFile(options.out, (part) => cp(directory, part, { recursive: true }));
  return info(options.out, manifest, true);
}

/** `--out` may replace a dataset, nothing else. */
async function expectFree(out: string): Promise<void> {
  const entries = await readdir(out).catch(() => undefined);
  if (entries?.length === 0 || !(await exists(out))) return;
  throw new ConfigError(`--out ${out}: something else is there already. Expected a free path or a prepared dataset.`, {
    code: "exists",
    field: "out",
    hint: "Choose another path or remove what is there.",
  });
}

/** Everything that shapes the dataset: the format, what was said, and the bytes. */
async function hashOf(source: string, format: Source, options: PrepareOptions): Promise<string> {
  const parts = (await format.files(source)).map((path) => ({ path, role: relative(source, path) }));
  const made = parts.length === 0 ? source : ""; // a made source is its words
  if (options.items !== undefined) {
    expectContent(await peek(options.items), ITEMS);
    parts.push({ path: options.items, role: "--items" });
  }
  return contentHash([LAYOUT, format.name, format.version ?? 1, shapingOptions(options), made], parts, options.signal);
}

/** The options that shape a dataset, as far as they were given, by name. */
function shapingOptions(options: PrepareOptions): Record<string, unknown> {
  const { columns, itemColumns, items, minItem, minRating, minUser } = options;
  const list = items === undefined ? undefined : basename(items);
  const given = Object.entries({ columns, itemColumns, items: list, minItem, minRating, minUser });
  return Object.fromEntries(given.filter(([, value]) => value !== undefined));
}

/** `data/beauty/` → beauty, `ratings.csv` → ratings, `synthetic:seed=2` → synthetic. */
function nameOf(source: string): string {
  const base = basename(resolve(source)).replace(/(?<=.)\..*$/, "");
  return base.replace(/:.*$/, "").replace(/[^\p{L}\p{N}_-]+/gu, "-") || "dataset";
}

function info(directory: string, manifest: Manifest, reused: boolean): PreparedInfo {
  const { name, format, users, items, interactions, hash, dropped, warnings } = manifest;
  return { directory, dataset: name, format, users, items, interactions, hash, dropped, warnings, reused };
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
