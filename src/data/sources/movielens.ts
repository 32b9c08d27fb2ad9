/**
 * GroupLens' MovieLens: 100K (u.data, u.item), 1M and 10M (ratings.dat, movies.dat), and what came later (ratings.csv,
 * movies.csv). A directory or the file of ratings; the films are found beside it. Categories are the genres.
 * Source: the README files of ml-100k, ml-1m, ml-10m and ml-latest-small. The older lists of films are Latin-1.
 */
import { basename, dirname, join } from "node:path";
import { DataError, DeftrecError } from "#base";
import { refuseColumns } from "../columns.ts";
import { type Database, literal } from "../database.ts";
import { delimitedTable } from "../delimited.ts";
import { contentOf } from "../gzip.ts";
import { readFields } from "../lines.ts";
import { expectContent, most, peek } from "../peek.ts";
import type { Facts, Peek, ReadRequest, Recognised, Source } from "../source.ts";
import { rawToLog, readItems, readLog } from "../table.ts";
import { seconds } from "../times.ts";

const LOG_FIELDS = ["user", "item", "rating", "time"];

/** The genre columns of u.item, in their order. */
const GENRES =
  "unknown,Action,Adventure,Animation,Children's,Comedy,Crime,Documentary,Drama,Fantasy,Film-Noir,Horror,Musical,Mystery,Romance,Sci-Fi,Thriller,War,Western".split(
    ",",
  );

/** An edition: what its files are called, and how its ratings look. */
interface Edition {
  readonly log: string;
  readonly list: string;
  /** Of ratings without a header. */
  readonly delimiter?: string;
  /** What a line of the ratings looks like, or their header. */
  readonly shape: RegExp;
  readonly why: string;
  readonly readList: (database: Database, path: string) => Promise<void>;
}

const EDITIONS: readonly Edition[] = [
  {
    log: "u.data",
    list: "u.item",
    delimiter: "\t",
    shape: /^\d+\t\d+\t[0-5](?:\.\d+)?\t\d{9,10}$/,
    why: "its lines are user, item, rating and time between tabs, as in u.data",
    readList: readFlags,
  },
  {
    log: "ratings.dat",
    list: "movies.dat",
    delimiter: "::",
    shape: /^\d+::\d+::[0-5](?:\.\d+)?::\d+$/,
    why: "its lines are user, item, rating and time between ::, as in ratings.dat",
    readList: readColons,
  },
  {
    log: "ratings.csv",
    list: "movies.csv",
    shape: /^userId,movieId,rating,timestamp$/i,
    why: "its header is that of ratings.csv, and movies.csv is beside it",
    readList: readTable,
  },
];

/** Ratings of films, in any edition. */
export const movielens: Source = {
  name: "movielens",
  title: "MovieLens (u.data, ratings.dat or ratings.csv)",

  detect({ kind, entries, beside, lines }: Peek): Recognised | undefined {
    if (kind === "directory") {
      // A ratings.csv alone may be anybody's.
      const found = EDITIONS.find(
        ({ log, list, delimiter }) => entries.includes(log) && (delimiter !== undefined || entries.includes(list)),
      );
      if (found === undefined) return undefined;
      const names = [found.log, found.list].filter((name) => entries.includes(name));
      return { confidence: 0.9, why: `it is a directory with ${names.join(" and ")}` };
    }
    const edition = lines.length === 0 ? undefined : editionOf(lines);
    if (edition === undefined || (edition.delimiter === undefined && !beside.includes(edition.list))) return undefined;
    return { confidence: 0.9, why: edition.why };
  },

  async files(source: string): Promise<readonly string[]> {
    const { log, list } = await locate(source);
    expectContent(await peek(log));
    return list === undefined ? [log] : [log, list];
  },

  async read(database: Database, request: ReadRequest): Promise<Facts> {
    const { edition, log, list } = await locate(request.source);
    const facts = await readRatings(database, { ...request, source: log }, edition);
    if (list !== undefined && request.items === undefined) await edition.readList(database, list);
    return facts;
  },

  items: {
    detect({ lines }: Peek): Recognised | undefined {
      if (most(lines, (line) => /^\d+\|.*(\|[01]){19}$/.test(line))) return told("u.item");
      return most(lines, (line) => /^\d+::.+::/.test(line) && line.split("::").length === 3)
        ? told("movies.dat")
        : undefined;
    },
    async read(database, path) {
      const { lines } = await peek(path);
      await (most(lines, (line) => line.includes("::")) ? readColons : readFlags)(database, path);
    },
  },
};

const told = (name: string): Recognised => ({
  confidence: 0.9,
  why: `its lines look like those of MovieLens' ${name}`,
});

function editionOf(lines: readonly string[]): Edition | undefined {
  return EDITIONS.find(({ shape, delimiter }) =>
    delimiter === undefined
      ? shape.test(lines[0].trim())
      : shape.test(lines[0].trim()) && most(lines, (line) => shape.test(line.trim())),
  );
}

interface Located {
  readonly edition: Edition;
  readonly log: string;
  readonly list?: string;
}

/** The edition of `source`, its ratings and its films. */
async function locate(source: string): Promise<Located> {
  const peeked = await peek(source);
  expectContent(peeked);
  const directory = peeked.kind === "directory";
  const edition = directory
    ? EDITIONS.find(({ log }) => peeked.entries.includes(log))
    : (EDITIONS.find(({ log }) => log === basename(source)) ?? editionOf(peeked.lines));
  if (edition === undefined) throw unlikeMovieLens(peeked);
  const folder = directory ? source : dirname(source);
  const there = (directory ? peeked.entries : peeked.beside).includes(edition.list);
  return {
    edition,
    log: directory ? join(folder, edition.log) : source,
    ...(there && { list: join(folder, edition.list) }),
  };
}

function unlikeMovieLens({ source, kind }: Peek): DataError {
  const names = EDITIONS.map(({ log }) => log).join(", ");
  if (kind === "directory") {
    return new DataError(`${source}: none of ${names} is in this directory.`, {
      code: "missing-files",
      file: source,
      field: EDITIONS[0].log,
      hint: "Name the file of ratings itself.",
    });
  }
  return new DataError(`${source} line 1: these are not MovieLens ratings. Expected lines as in ${names}.`, {
    code: "bad-row",
    file: source,
    line: 1,
    hint: "Leave --format out, and the format is told from the content.",
  });
}

async function readRatings(database: Database, request: ReadRequest, { delimiter }: Edition): Promise<Facts> {
  const { source } = request;
  if (delimiter === undefined) return readLog(database, request, await openCommas(source));
  refuseColumns(source, request.columns, "these ratings");
  await readFields(database, "raw", source, { delimiter, columns: LOG_FIELDS });
  const time = await seconds(database, "raw", "time", "time", async (row) => {
    const line = await database.number(`SELECT line FROM raw WHERE rowid = ${row - 1}`);
    return { file: source, line, place: `${source} line ${line}` };
  });
  await database.run("ALTER TABLE raw DROP COLUMN line");
  await rawToLog(database, time.sql);
  return { warnings: time.warnings };
}

/** u.item: id|title|release date|video release date|IMDb|19 flags. */
async function readFlags(database: Database, path: string): Promise<void> {
  const columns = ["item", "title", "released", "video", "imdb", ...GENRES.map((_, at) => `genre${at}`)];
  await readFields(database, "films", path, { delimiter: "|", columns, encoding: await encodingOf(path) });
  const genres = GENRES.map((genre, at) => `CASE WHEN genre${at} = '1' THEN ${literal(genre)} END`);
  await listFilms(database, `concat_ws(' / ', ${genres.join(", ")})`);
}

/** movies.dat: id::title::genre|genre. */
async function readColons(database: Database, path: string): Promise<void> {
  const columns = ["item", "title", "genres"];
  await readFields(database, "films", path, { delimiter: "::", columns, encoding: await encodingOf(path) });
  await listFilms(database, genresOf("genres"));
}

async function listFilms(database: Database, category: string): Promise<void> {
  await database.run(`
    INSERT INTO listed SELECT item, title, NULL, ${category} FROM films ORDER BY line;
    DROP TABLE films`);
}

/** movies.csv: movieId,title,genres. */
async function readTable(database: Database, path: string): Promise<void> {
  await readItems(database, path, {}, await openCommas(path));
  await database.run(`UPDATE listed SET category = ${genresOf("category")}`);
}

const openCommas = (path: string) => delimitedTable(path, () => ({ delimiter: ",", quote: '"' }));

const genresOf = (column: string) => `replace(nullif(${column}, '(no genres listed)'), '|', ' / ')`;

/** Latin-1 is what is not UTF-8: the lists are small enough to look through. */
async function encodingOf(path: string): Promise<"utf-8" | "latin-1"> {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  try {
    for await (const piece of contentOf(path)) decoder.decode(piece, { stream: true });
    decoder.decode();
    return "utf-8";
  } catch (cause) {
    if (cause instanceof DeftrecError) throw cause;
    return "latin-1";
  }
}
