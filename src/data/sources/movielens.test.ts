import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { missing } from "../../../test/suites/real-log.ts";
import { byUser, Workbench } from "../../../test/suites/workbench.ts";

const bench = new Workbench();
const flags = (...on: number[]) => Array.from({ length: 19 }, (_, at) => Number(on.includes(at))).join("|");

test("100K: u.data and its films in Latin-1, genres by their flags", async () => {
  const data = await bench.file("ml-100k/u.data", "196\t2\t3\t881250949\n186\t1\t3\t891717742\n196\t1\t5\t881250940\n");
  const films = `1|Caf\xe9 "Noir" (1995)|01-Jan-1995||http://x|${flags(10, 14)}\n2|Plain (1994)|||u|${flags()}\n`;
  await bench.file("ml-100k/u.item", Buffer.from(films, "latin1"));
  const { dataset, info, messages } = await bench.import(dirname(data));
  expect(info).toMatchObject({
    dataset: "ml-100k",
    format: "movielens",
    users: 2,
    items: 2,
    interactions: 3,
  });
  expect(byUser(dataset)).toEqual({ 196: ["1", "2"], 186: ["1"] });
  expect(dataset.catalogue.rows).toEqual([
    { item: "1", title: 'Café "Noir" (1995)', category: "Film-Noir / Romance" },
    { item: "2", title: "Plain (1994)" },
  ]);
  expect(messages[0]).toBe(
    "ml-100k: read as MovieLens (u.data, ratings.dat or ratings.csv), because it is a directory with u.data and u.item.",
  );
  expect((await bench.import(data)).dataset.catalogue.row(1).title).toBe('Café "Noir" (1995)');
});

test("1M and 10M: fields between ::, titles with colons, both encodings", async () => {
  const data = await bench.file("ml-1m/ratings.dat", "1::1193::5::978300760\n1::661::3.5::978302109\n");
  const films = "661::Alien: R\xe9surrection::Horror|Sci-Fi\n1193::One\u00a0Flew (1975)::Drama\n";
  await bench.file("ml-1m/movies.dat", Buffer.from(films, "latin1"));
  const { dataset, info } = await bench.import(data, { minRating: 3.5 });
  expect(info).toMatchObject({ format: "movielens", interactions: 2 });
  expect(dataset.catalogue.row(1)).toEqual({ item: "661", title: "Alien: Résurrection", category: "Horror / Sci-Fi" });
  const utf8 = await bench.file("ml-10m/ratings.dat", "1::1193::5::978300760\n");
  await bench.file("ml-10m/movies.dat", "1193::Amélie::Comedy\n");
  expect((await bench.import(utf8)).dataset.catalogue.row(1).title).toBe("Amélie");
});

test("later ones: ratings.csv is MovieLens' when movies.csv is beside it, and any CSV without", async () => {
  const log = "userId,movieId,rating,timestamp\n1,1,4.0,964982703\n1,3,4.0,964981247\n";
  const source = await bench.file("ml-small/ratings.csv", log);
  await bench.file(
    "ml-small/movies.csv",
    'movieId,title,genres\n1,"American, The",Comedy|War\n3,X,(no genres listed)\n',
  );
  const { dataset, info } = await bench.import(source);
  expect(info.format).toBe("movielens");
  expect(dataset.catalogue.rows).toEqual([
    { item: "1", title: "American, The", category: "Comedy / War" },
    { item: "3", title: "X" },
  ]);
  expect((await bench.import(await bench.file("alone/ratings.csv", log))).info.format).toBe("csv");
  const other = await bench.file("shop/ratings.csv", "user,movie_id,stars\nu,1,2\n");
  await bench.file("shop/movies.csv", "movieId,title,genres\n1,T,G\n");
  expect((await bench.import(other)).info.format).toBe("csv");
});

test("films are listed for another log, too", async () => {
  const log = await bench.file("log.csv", "user,item\nu,7\n");
  const dat = await bench.file("m.dat", "7::T: a tale::Drama|War\n");
  expect((await bench.import(log, { items: dat })).dataset.catalogue.row(1).category).toBe("Drama / War");
  const item = await bench.file("m.item", `7|T|d||u|${flags(5)}\n`);
  expect((await bench.import(log, { items: item })).dataset.catalogue.row(1)).toEqual({
    item: "7",
    title: "T",
    category: "Comedy",
  });
});

test("a line with too few fields, a bad time and a bad list are named with their lines", async () => {
  const few = await bench.file("few/u.data", "1\t2\t3\t881250949\n\n1\t2\t3\n1\t3\t3\t881250949\n");
  expect(await bench.failure(bench.import(few))).toMatchInlineSnapshot(`
    "DataError (bad-row, line 3)
    few/u.data line 3: 3 fields, expected 4: user TAB item TAB rating TAB time.
    → Correct or remove the line."
  `);
  const time = await bench.file("time/ratings.dat", "1::2::3::978300760\n1::3::3::soon\n1::4::3::978300760\n");
  expect(await bench.failure(bench.import(time))).toMatchInlineSnapshot(`
    "DataError (bad-timestamp, line 2, field time)
    time/ratings.dat line 2: time "soon" is not a number. Expected seconds since 1970 (UTC), or ISO dates such as 2019-03-12 in every row.
    → Correct or remove the row, or name another column with --columns time=COLUMN."
  `);
  const log = await bench.file("list/ratings.dat", "1::2::3::978300760\n");
  await bench.file("list/movies.dat", "2::T::Drama\n3::T\n");
  expect(await bench.failure(bench.import(dirname(log)))).toMatchInlineSnapshot(`
    "DataError (bad-row, line 2)
    list/movies.dat line 2: 2 fields, expected 3: item :: title :: genres.
    → Correct or remove the line."
  `);
});

test("an empty log in a folder is named, and so is a list that is neither UTF-8 nor Latin-1", async () => {
  const empty = await bench.file("empty/u.data", "");
  expect(await bench.failure(bench.import(dirname(empty)))).toMatchInlineSnapshot(`
    "DataError (empty-file, field source)
    empty/u.data: this file is empty. Expected a log of interactions, or synthetic[:users=…,items=…,seed=…].
    → Check that the export that wrote it was finished."
  `);
  const log = await bench.file("odd/ratings.dat", "1::2::3::978300760\n");
  await bench.file("odd/movies.dat", Buffer.from("2::T::Drama\n3::\x93U\x94::War\n", "latin1"));
  expect(await bench.failure(bench.import(log))).toMatchInlineSnapshot(`
    "DataError (unreadable, line 2)
    odd/movies.dat line 2: cannot be read. Invalid Input Error: File is not latin-1 encoded
    → Check that the file is whole, is UTF-8 and has the format that was recognised (--format says another)."
  `);
});

test("what is not MovieLens' is said when the format was given", async () => {
  const source = await bench.file("x.txt", "hello world\n");
  expect(await bench.failure(bench.import(source, { format: "movielens" }))).toMatchInlineSnapshot(`
    "DataError (bad-row, line 1)
    x.txt line 1: these are not MovieLens ratings. Expected lines as in u.data, ratings.dat, ratings.csv.
    → Leave --format out, and the format is told from the content."
  `);
  const folder = await bench.file("none/x.txt", "hello");
  expect(await bench.failure(bench.import(dirname(folder), { format: "movielens" }))).toMatchInlineSnapshot(`
    "DataError (missing-files, field u.data)
    none: none of u.data, ratings.dat, ratings.csv is in this directory.
    → Name the file of ratings itself."
  `);
});

test("numbers between tabs that are no ratings are not taken for u.data", async () => {
  const source = await bench.file("four.txt", "1\t20\t30\t40\n2\t20\t9\t50\n");
  expect((await bench.import(source, { format: undefined }).catch((error) => error)).info?.format).not.toBe(
    "movielens",
  );
});

const reason = missing("ml-latest-small");
test.skipIf(reason)(`the real ml-latest-small is read as its README says${reason ? ` (${reason})` : ""}`, async () => {
  const folder = join(process.cwd(), "..", "shared", "data", "ml-latest-small");
  const { info, dataset } = await bench.import(folder);
  expect(info).toMatchObject({ format: "movielens", users: 610, items: 9_742, interactions: 100_836, warnings: [] });
  expect(dataset.catalogue.row(1)).toEqual({
    item: "1",
    title: "Toy Story (1995)",
    category: "Adventure / Animation / Children / Comedy / Fantasy",
  });
});
