import { existsSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { byUser, Workbench } from "../../../test/suites/workbench.ts";

const bench = new Workbench();
const log = "userId,movieId,rating,timestamp\nu2,a,5,300\nu1,b,3,200\nu1,a,4,100\nu2,c,1,300\nu1,c,5,400\nu2,b,2,500\n";

test("a log is recognised, its columns guessed, and each history ordered by time, then by place in the file", async () => {
  const { info, dataset, messages } = await bench.import(await bench.file("ratings.csv", log));
  expect(info).toMatchObject({ dataset: "ratings", format: "csv", users: 2, items: 3, interactions: 6, warnings: [] });
  expect(byUser(dataset)).toEqual({ u2: ["a", "c", "b"], u1: ["a", "b", "c"] });
  expect([...(dataset.histories.timestamps ?? [])]).toEqual([300, 300, 500, 100, 200, 400]);
  expect(messages[0]).toMatchInlineSnapshot(
    `"ratings.csv: read as CSV, because its lines have fields between "," (userId,movieId,rating,timestamp)."`,
  );
});

test("columns may be named", async () => {
  const source = await bench.file("named.csv", "who,what,when,user\nx,i,1,9\nx,j,2,9\n");
  const { dataset } = await bench.import(source, { columns: { user: "who", item: "what", time: "when" } });
  expect(byUser(dataset)).toEqual({ x: ["i", "j"] });
});

test("a rating that is no number is told of with its line, and its interaction is kept", async () => {
  const text = "user,item,rating,time\nx,i,5,1\nx,j,good,2\nx,k,,3\ny,i,bad,4\n";
  const { info, dataset } = await bench.import(await bench.file("words.csv", text), { minRating: 3 });
  expect(info.warnings[0].replace(/^.*\//, "")).toBe(
    'words.csv line 3: rating "good" is not a number (so in 2 rows): --min-rating does not drop those.',
  );
  expect(byUser(dataset)).toEqual({ x: ["i", "j", "k"], y: ["i"] });
});

test("semicolons, quoted fields, line breaks inside them, blank lines and a byte order mark are read", async () => {
  const text = '\uFEFFuser;item;time\r\n"a;1";"x\r\ny";1\r\n\r\nb;"say ""hi""";2\r\n';
  const { dataset } = await bench.import(await bench.file("semicolons.csv", text));
  expect(byUser(dataset)).toEqual({ "a;1": ["x\r\ny"], b: ['say "hi"'] });
});

test("items come from a file of their own, listed ones first, with decoded texts", async () => {
  const items = await bench.file("movies.csv", "movieId,title,genres\nb,Tom &amp; Jerry,Comedy\nz,Never seen,\n");
  const { dataset } = await bench.import(await bench.file("r.csv", log), { items });
  expect(dataset.catalogue.rows).toEqual([
    { item: "b", title: "Tom & Jerry", category: "Comedy" },
    { item: "z", title: "Never seen" },
    { item: "a" },
    { item: "c" },
  ]);
});

test("items are numbered as they are listed, whatever the order in which they were taken", async () => {
  const names = Array.from({ length: 300 }, (_, at) => `i${at}`);
  const items = await bench.file("order-items.csv", `item,title\n${names.map((name) => `${name},T`).join("\n")}\n`);
  const rows = names.toReversed().flatMap((name, at) => [`u,${name},${at}`, `u,new${at},${at}`]);
  const { dataset } = await bench.import(await bench.file("order.csv", `user,item,time\n${rows.join("\n")}\n`), {
    items,
  });
  const unlisted = Array.from({ length: 300 }, (_, at) => `new${at}`);
  expect(dataset.catalogue.rows.map((row) => row.item)).toEqual([...names, ...unlisted]);
});

test("ISO dates are accepted where every row has one, and mean UTC", async () => {
  const text =
    "user,item,date\nu,b,2019-03-12 00:00:01\nu,a,2019-03-12\nu,c,2019-03-12T00:00:02Z\nu,d,2019-03-12T01:00:03+01:00\n";
  const { dataset } = await bench.import(await bench.file("dates.csv", text));
  const midnight = Date.UTC(2019, 2, 12) / 1000;
  expect([...(dataset.histories.timestamps ?? [])]).toEqual([0, 1, 2, 3].map((second) => midnight + second));
  expect(byUser(dataset)).toEqual({ u: ["a", "b", "c", "d"] });
});

test("milliseconds are told by their size, with a warning", async () => {
  const { dataset, info } = await bench.import(await bench.file("ms.csv", "user,item,time\nu,a,1552348800500\n"));
  expect(dataset.histories.timestamps?.[0]).toBe(1552348800.5);
  expect(info.warnings[0]).toBe("time is read as milliseconds, by its size.");
});

test("without a time column the order of the file counts, with a warning, and repeats stay", async () => {
  const { dataset, info } = await bench.import(await bench.file("no-time.csv", "user,item\nu,b\nu,a\nu,b\n"));
  expect(byUser(dataset)).toEqual({ u: ["b", "a", "b"] });
  expect(info.warnings.map((text) => text.replace(/^.*\//, ""))).toEqual([
    "no-time.csv has no column of times: the order of its rows is taken as the order in time.",
  ]);
});

test("users too short to be evaluated are counted in a warning", async () => {
  const { info } = await bench.import(await bench.file("short.csv", "user,item,time\nu,a,1\nu,b,2\nu,c,3\nv,a,1\n"));
  expect(info.warnings).toEqual([
    "1 of 2 users have fewer than three interactions: they are trained on and never evaluated.",
  ]);
  const ones = await bench.import(await bench.file("ones.csv", "user,item,time\nu,a,1\nv,b,2\n"));
  expect(ones.info.warnings).toEqual(["no user has three interactions: nothing can be evaluated, and little learned."]);
});

test("rows without user or item and repeated rows are dropped and counted", async () => {
  const text = "user,item,time\nu,a,1\n,a,2\nu,,3\nu,a,1\nu,a,4\n";
  const { info, dataset } = await bench.import(await bench.file("dropped.csv", text));
  expect(info.dropped).toEqual({ withoutId: 2, duplicates: 1, belowMinRating: 0, belowMinCount: 0 });
  expect(byUser(dataset)).toEqual({ u: ["a", "a"] });
});

test("a minimum rating drops what is below it", async () => {
  const { info, dataset } = await bench.import(await bench.file("rated.csv", log), { minRating: 4 });
  expect(byUser(dataset)).toEqual({ u2: ["a"], u1: ["a", "c"] });
  expect(info.dropped.belowMinRating).toBe(3);
});

test("minimum counts hold together: what one removes is counted again by the other", async () => {
  // Item c has one interaction; without it u3 has one; without u3 item b has one; without it u2 has one: a chain to the core.
  const rows = ["u1,a", "u1,d", "u2,a", "u2,b", "u3,b", "u3,c", "u4,a", "u4,d"];
  const source = await bench.file("core.csv", `user,item\n${rows.join("\n")}\n`);
  const { dataset, info } = await bench.import(source, { minUser: 2, minItem: 2 });
  expect(byUser(dataset)).toEqual({ u1: ["a", "d"], u4: ["a", "d"] });
  expect(dataset.catalogue.rows).toEqual([{ item: "a" }, { item: "d" }]);
  expect(info.dropped.belowMinCount).toBe(4);
});

test("a time that is no number is named with its line, wherever line breaks and blank lines stand", async () => {
  const source = await bench.file("bad-time.csv", 'user,item,timestamp\na,x,1\nb,"y\nz",2\n\nc,"q ""w""",12/03/2019\n');
  expect(await bench.failure(bench.import(source))).toMatchInlineSnapshot(`
    "DataError (bad-timestamp, line 6, field timestamp)
    bad-time.csv line 6: timestamp "12/03/2019" is not a number. Expected seconds since 1970 (UTC), or ISO dates such as 2019-03-12 in every row.
    → Correct or remove the row, or name another column with --columns time=COLUMN."
  `);
});

test("an empty time and a broken date are named too", async () => {
  const empty = await bench.file("empty-time.csv", "user,item,ts\na,x,1\nb,y,\n");
  expect(await bench.failure(bench.import(empty))).toMatchInlineSnapshot(`
    "DataError (bad-timestamp, line 3, field ts)
    empty-time.csv line 3: ts is empty. Expected seconds since 1970 (UTC), or ISO dates such as 2019-03-12 in every row.
    → Correct or remove the row, or name another column with --columns time=COLUMN."
  `);
  const broken = await bench.file("broken-date.csv", "user,item,day\na,x,2020-01-01\nb,y,2020-02-01\nb,y,2020-13-01\n");
  expect(await bench.failure(bench.import(broken, { columns: { time: "day" } }))).toMatchInlineSnapshot(`
    "DataError (bad-timestamp, line 4, field day)
    broken-date.csv line 4: day "2020-13-01" is not an ISO date. Expected seconds since 1970 (UTC), or ISO dates such as 2019-03-12 in every row.
    → Correct or remove the row, or name another column with --columns time=COLUMN."
  `);
});

test("a column that is not there is answered with those that are", async () => {
  const source = await bench.file("columns.csv", log);
  expect(await bench.failure(bench.import(source, { columns: { user: "userID" } }))).toMatchInlineSnapshot(`
    "DataError (missing-column, line 1, field userID)
    columns.csv line 1: no column "userID" for the user, did you mean "userId"? Columns found: userId, movieId, rating, timestamp.
    → Say which it is: user=COLUMN in --columns (the log) or --item-columns (the items); the first line must name the columns."
  `);
  const nameless = await bench.file("nameless.csv", "1,1193,5,978300760\n1,661,3,978302109\n");
  expect(await bench.failure(bench.import(nameless))).toMatchInlineSnapshot(`
    "DataError (missing-column, line 1, field user)
    nameless.csv line 1: no column is the user by its name. Columns found: 1, 1193, 5, 978300760.
    → Say which it is: user=COLUMN in --columns (the log) or --item-columns (the items); the first line must name the columns."
  `);
});

test("a row with too few or too many fields is named with its line", async () => {
  const few = await bench.file("few.csv", "user,item,time\na,x,1\n\nd,e\n");
  expect(await bench.failure(bench.import(few))).toMatchInlineSnapshot(`
    "DataError (bad-row, line 4)
    few.csv line 4: 2 fields, expected 3 as in the first line.
    → A field that holds the delimiter or a line break must be in "quotes"."
  `);
  const many = await bench.file("many.csv", "user,item,time\na,x,1\nf,g,4,5\n");
  expect(await bench.failure(bench.import(many))).toMatchInlineSnapshot(`
    "DataError (bad-row, line 3)
    many.csv line 3: 4 fields, expected 3 as in the first line.
    → A field that holds the delimiter or a line break must be in "quotes"."
  `);
});

test("a quote that is never closed is named with its line", async () => {
  const source = await bench.file("unclosed.csv", 'user,item,time\na,x,1\nb,"y,2\nc,z,3\n');
  expect(await bench.failure(bench.import(source))).toMatchInlineSnapshot(`
    "DataError (bad-row, line 3)
    unclosed.csv line 3: unquoted value (Value with unterminated quote found.).
    → A field that holds the delimiter or a line break must be in "quotes"."
  `);
});

test("text that is not UTF-8 is refused with its line", async () => {
  const source = await bench.file("latin.csv", Buffer.from("user,item,time\na,caf\xe9,1\n", "latin1"));
  expect(await bench.failure(bench.import(source))).toMatchInlineSnapshot(`
    "DataError (unreadable, line 2)
    latin.csv line 2: cannot be read. Invalid unicode (byte sequence mismatch) detected. This file is not utf-8 encoded.
    → Check that the file is whole, is UTF-8 and has the format that was recognised (--format says another)."
  `);
});

test("UTF-16 and zero bytes are named with their lines", async () => {
  const utf16 = await bench.file("utf16.csv", Buffer.from("\ufeffuser,item,time\na,x,1\n", "utf16le"));
  expect(await bench.failure(bench.import(utf16, { format: "csv" }))).toMatchInlineSnapshot(`
    "DataError (bad-header, line 1)
    utf16.csv line 1: the names of the columns hold zero bytes. Expected UTF-8 text.
    → A file in UTF-16 must be saved as UTF-8 first."
  `);
  const zero = await bench.file("zero.csv", 'user,item,time\na,x,1\nb,"y"\0\0,2\nc,z,3\n');
  expect(await bench.failure(bench.import(zero))).toMatchInlineSnapshot(`
    "DataError (bad-row, line 3)
    zero.csv line 3: unquoted value (Value with unterminated quote found.).
    → A field that holds the delimiter or a line break must be in "quotes"."
  `);
});

test("lines that end in another way than those before are named", async () => {
  const returns = await bench.file("returns.csv", "user,item,time\na,x,1\n\r\nb,y,2\n");
  expect(await bench.failure(bench.import(returns))).toMatchInlineSnapshot(`
    "DataError (mixed-line-ends, line 3)
    returns.csv line 3: this line ends in CR LF, those before it in LF.
    → Give all lines the same end, with dos2unix for instance."
  `);
  const feeds = await bench.file("feeds.csv", 'user,item,time\r\na,"x\r\ny",1\r\nb,y,2\nc,z,3\r\n');
  expect(await bench.failure(bench.import(feeds))).toMatchInlineSnapshot(`
    "DataError (mixed-line-ends, line 4)
    feeds.csv line 4: this line ends in LF, those before it in CR LF.
    → Give all lines the same end, with dos2unix for instance."
  `);
});

test("a header without rows has no interactions", async () => {
  expect(await bench.failure(bench.import(await bench.file("header.csv", "user,item,time\n")))).toMatchInlineSnapshot(`
    "DataError (no-interactions, field interactions)
    header.csv: no interaction is left (none was found).
    → Look at --min-rating, --min-user, --min-item and --columns."
  `);
});

test("a minimum rating without ratings is refused", async () => {
  const source = await bench.file("unrated.csv", "user,item,time\na,x,1\n");
  expect(await bench.failure(bench.import(source, { minRating: 3 }))).toMatchInlineSnapshot(`
    "DataError (missing-column, field rating)
    unrated.csv: --min-rating needs ratings, and no column holds numbers that are ratings.
    → Name the column with --columns rating=COLUMN, or leave --min-rating out."
  `);
});

const movielens = join(process.cwd(), "..", "shared", "data", "ml-latest-small");
const there = existsSync(movielens);
test.skipIf(!there)(
  `MovieLens' ratings.csv and movies.csv are read${there ? "" : " (skipped: no ../shared/data)"}`,
  async () => {
    const { info, dataset } = await bench.import(join(movielens, "ratings.csv"), {
      items: join(movielens, "movies.csv"),
    });
    expect(info).toMatchObject({ users: 610, items: 9_742, interactions: 100_836, warnings: [] });
    const toyStory = dataset.catalogue.row(dataset.catalogue.indexOf("1") ?? 0);
    expect(toyStory.title).toBe("Toy Story (1995)");
  },
);
