/**
 * From a log as it was read (tables `log` and `listed`, see source.ts) to a prepared dataset: filters, numbering, order,
 * Parquet. All of it is SQL over tables that spill to disk: no object is made of an interaction.
 *   users are numbered by first appearance · items as they are listed, then by first appearance
 *   a user's interactions stand by time, then by their order in the source
 */
import { join } from "node:path";
import { decodeHTMLStrict } from "entities";
import { type Database, literal } from "./database.ts";
import { files } from "./dataset.ts";
import type { Dropped } from "./manifest.ts";

/** What is kept of a log. */
export interface Filters {
  /** Interactions with a lower rating are dropped. */
  readonly minRating?: number;
  /** Users with fewer interactions are dropped, and items, until both hold. */
  readonly minUser?: number;
  readonly minItem?: number;
}

/** Counts of what was written. */
export interface Assembled {
  readonly users: number;
  readonly items: number;
  readonly interactions: number;
  readonly timestamps: boolean;
  /** Users with fewer than three interactions. */
  readonly shortUsers: number;
  readonly dropped: Dropped;
}

/** Writes the Parquet files of a dataset into `directory`. */
export async function assemble(database: Database, directory: string, filters: Filters): Promise<Assembled> {
  const read = await database.number("SELECT count(*) FROM log");
  const belowMinRating = await database.number(`SELECT count(*) FROM log WHERE ${tooLow(filters)}`);
  await numberIds(database, filters);
  const numbered = await database.number("SELECT count(*) FROM numbered");
  const timestamps = (await database.number("SELECT count(time) FROM numbered")) > 0;
  await dropDuplicates(database, timestamps);
  const distinct = await database.number("SELECT count(*) FROM kept");
  await keepFrequent(database, filters);
  const interactions = await database.number("SELECT count(*) FROM kept");
  await renumber(database, (filters.minItem ?? 0) > 0);
  await writeParquet(database, directory, timestamps);
  return {
    users: await database.number("SELECT count(*) FROM users"),
    items: await database.number("SELECT count(*) FROM items"),
    interactions,
    timestamps,
    shortUsers: await database.number(`SELECT count(*) FROM (SELECT 1 FROM kept GROUP BY "user" HAVING count(*) < 3)`),
    dropped: {
      withoutId: read - belowMinRating - numbered,
      duplicates: numbered - distinct,
      belowMinRating,
      belowMinCount: distinct - interactions,
    },
  };
}

const tooLow = ({ minRating }: Filters) =>
  minRating === undefined ? "false" : `(rating IS NOT NULL AND rating < ${minRating})`;

/** Tables user_ids, item_ids (id, name) and numbered ("user", item, time, place): ids become integers, once. */
async function numberIds(database: Database, filters: Filters): Promise<void> {
  const present = `coalesce("user", '') <> '' AND coalesce(item, '') <> '' AND NOT ${tooLow(filters)}`;
  await database.run(`
    CREATE TABLE user_ids AS
      SELECT (row_number() OVER (ORDER BY min(rowid)) - 1)::INTEGER AS id, "user" AS name
      FROM log WHERE ${present} GROUP BY "user";
    CREATE TABLE item_ids AS
      SELECT (row_number() OVER (ORDER BY min(place)) - 1)::INTEGER AS id, item AS name FROM (
        SELECT item, rowid AS place FROM listed WHERE coalesce(item, '') <> ''
        UNION ALL SELECT item, min(rowid) + (SELECT count(*) FROM listed) FROM log WHERE ${present} GROUP BY item)
      GROUP BY item;
    CREATE TABLE numbered AS
      SELECT u.id AS "user", i.id AS item, log.time AS time, log.rowid AS place
      FROM log JOIN user_ids u ON u.name = log."user" JOIN item_ids i ON i.name = log.item WHERE ${present};
    DROP TABLE log`);
}

/** Table kept: the first of each (user, item, time). Without times a repeat is a repeat purchase and stays. */
async function dropDuplicates(database: Database, timestamps: boolean): Promise<void> {
  if (!timestamps) return database.run("ALTER TABLE numbered RENAME TO kept");
  await database.run(`
    CREATE TABLE kept AS SELECT "user", item, time, min(place) AS place FROM numbered GROUP BY "user", item, time;
    DROP TABLE numbered`);
}

/** Drops rare users and rare items in turn until none is left to drop (a k-core). */
async function keepFrequent(database: Database, { minUser = 0, minItem = 0 }: Filters): Promise<void> {
  for (;;) {
    const before = await database.number("SELECT count(*) FROM kept");
    for (const [side, least] of [["item", minItem] as const, ["user", minUser] as const]) {
      if (least <= 1) continue; // whoever stands in the log has one interaction
      await database.run(`
        CREATE TABLE fewer AS SELECT kept.* FROM kept
          JOIN (SELECT "${side}" AS id FROM kept GROUP BY "${side}" HAVING count(*) >= ${least}) f ON f.id = kept."${side}";
        DROP TABLE kept;
        ALTER TABLE fewer RENAME TO kept`);
    }
    if ((await database.number("SELECT count(*) FROM kept")) === before) return;
  }
}

/** Tables users (id, row, name) and items (id, index, name): dense numbers for who and what is left. */
async function renumber(database: Database, onlyInteracted: boolean): Promise<void> {
  await database.run(`
    CREATE TABLE users AS
      SELECT id, (row_number() OVER (ORDER BY id) - 1)::INTEGER AS row, name
      FROM user_ids WHERE id IN (SELECT "user" FROM kept);
    CREATE TABLE items AS
      SELECT id, (row_number() OVER (ORDER BY id))::INTEGER AS "index", name
      FROM item_ids ${onlyInteracted ? "WHERE id IN (SELECT item FROM kept)" : ""}`);
}

async function writeParquet(database: Database, directory: string, timestamps: boolean): Promise<void> {
  const to = (name: string) => `TO ${literal(join(directory, name))} (FORMAT parquet, COMPRESSION zstd)`;
  await database.run(`
    COPY (SELECT users.row AS "user", items."index" AS item ${timestamps ? ", kept.time AS timestamp" : ""}
          FROM kept JOIN users ON users.id = kept."user" JOIN items ON items.id = kept.item
          ORDER BY users.row, kept.time, kept.place) ${to(files.interactions)}`);
  await database.run(`COPY (SELECT row, name AS "user" FROM users ORDER BY row) ${to(files.users)}`);
  await describeItems(database);
  await database.run(`
    COPY (SELECT "index", item, title, brand, category FROM described ORDER BY "index") ${to(files.items)}`);
}

/** Table described: items with their texts as people would write them. */
async function describeItems(database: Database): Promise<void> {
  await database.run(
    `CREATE TABLE described ("index" INTEGER, item VARCHAR, title VARCHAR, brand VARCHAR, category VARCHAR)`,
  );
  const appender = await database.connection.createAppender("described");
  const query = `
    SELECT items."index", items.name, l.title, l.brand, l.category FROM items
    LEFT JOIN (SELECT item, first(title ORDER BY rowid) AS title, first(brand ORDER BY rowid) AS brand,
                 first(category ORDER BY rowid) AS category FROM listed GROUP BY item) l ON l.item = items.name`;
  for await (const chunk of database.chunks(query)) {
    // as: the SELECT list above.
    for (const [index, item, ...texts] of chunk.getRows() as [number, string, ...(string | null)[]][]) {
      appender.appendInteger(index);
      appender.appendVarchar(item);
      for (const text of texts) {
        const clean = plain(text ?? "");
        if (clean === "") appender.appendNull();
        else appender.appendVarchar(clean);
      }
      appender.endRow();
    }
  }
  appender.closeSync();
}

/** HTML entities decoded, runs of white space (line breaks among them) made one space. */
export function plain(text: string): string {
  // Strict: only `&name;`. The lenient rule would turn "R&notes" into "R¬es".
  return decodeHTMLStrict(text).replace(/\s+/g, " ").trim();
}
