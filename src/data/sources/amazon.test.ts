import { dirname } from "node:path";
import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { byUser, Workbench } from "../../../test/suites/workbench.ts";

const bench = new Workbench();
const lines = (...rows: object[]) => rows.map((row) => `${JSON.stringify(row)}\n`).join("");

const reviews2014 = lines(
  {
    reviewerID: "A1",
    asin: "B2",
    reviewerName: "x",
    helpful: [0, 1],
    reviewText: "…",
    overall: 5.0,
    unixReviewTime: 1400457600,
    reviewTime: "05 19, 2014",
  },
  { reviewerID: "A1", asin: "B1", overall: 2.0, unixReviewTime: 1300457600 },
  { reviewerID: "A2", asin: "B2", overall: 4.0, unixReviewTime: 1500457600 },
);
const meta2014 = `{'asin': 'B1', 'categories': [['Beauty', 'Hair Care'], ['Other']], 'title': "Men's Comb &amp; Co", 'price': 9.5}
{'asin': 'B2', 'salesRank': {'Beauty': 1}, 'imUrl': 'http://x', 'brand': 'Br\\xe9', 'categories': [['Beauty']], 'title': 'Say "hi" it\\'s', 'related': {'also_bought': ['B1']}}
`;

test("2014: compressed reviews in a folder, products as Python dicts", async () => {
  const log = await bench.file("2014/reviews_Beauty_5.json.gz", gzipSync(reviews2014));
  await bench.file("2014/meta_Beauty.json.gz", gzipSync(meta2014));
  const { dataset, info, messages } = await bench.import(dirname(log));
  expect(info).toMatchObject({ format: "amazon", users: 2, items: 2, interactions: 3 });
  expect(byUser(dataset)).toEqual({ A1: ["B1", "B2"], A2: ["B2"] });
  expect(dataset.histories.timestamps?.[0]).toBe(1300457600);
  expect(dataset.catalogue.rows).toEqual([
    { item: "B1", title: "Men's Comb & Co", category: "Beauty / Hair Care" },
    { item: "B2", title: `Say "hi" it's`, brand: "Bré", category: "Beauty" },
  ]);
  expect(messages[0]).toBe(
    "2014: read as Amazon reviews, because it is a directory with reviews_Beauty_5.json.gz and meta_Beauty.json.gz.",
  );
});

test("2018: styles and lists of categories, the products beside the file", async () => {
  const log = await bench.file(
    "2018/Software_5.json",
    lines(
      {
        overall: 4.0,
        vote: "2",
        verified: true,
        reviewerID: "A",
        asin: "7",
        style: { "Format:": " DVD" },
        unixReviewTime: 1259798400,
      },
      { overall: 4.0, verified: true, reviewerID: "A", asin: "8", unixReviewTime: 1259798401, image: ["u"] },
    ),
  );
  await bench.file(
    "2018/meta_Software.json",
    lines({ category: ["Software", "Games"], brand: "", title: "S", asin: "7", details: {} }),
  );
  await bench.file("2018/meta_Games.json", lines({ asin: "7", title: "another department" }));
  const { dataset, info, messages } = await bench.import(log);
  expect(info).toMatchObject({ format: "amazon" });
  expect(dataset.catalogue.rows).toEqual([{ item: "7", title: "S", category: "Software / Games" }, { item: "8" }]);
  expect(messages[0]).toContain("because its objects have reviewerID and asin.");
});

test("2023: the item is what products are known by, times are milliseconds", async () => {
  const review = {
    rating: 5.0,
    title: "Liked it",
    text: "",
    asin: "CHILD",
    parent_asin: "P",
    user_id: "U",
    verified_purchase: true,
  };
  const log = await bench.file(
    "2023/All_Beauty.jsonl",
    lines({ ...review, timestamp: 1588687728923 }, { ...review, parent_asin: "Q", timestamp: 1588687728000 }),
  );
  const items = await bench.file(
    "lists/meta_All_Beauty.jsonl.gz",
    gzipSync(
      lines(
        { main_category: "All Beauty", title: "Comb", store: "Shop", categories: [], details: {}, parent_asin: "P" },
        { main_category: null, title: "Brush", store: null, categories: ["Hair", "Brushes"], parent_asin: "Q" },
      ),
    ),
  );
  const { dataset, info, messages } = await bench.import(log, { items });
  expect(info).toMatchObject({ format: "amazon" });
  expect(info.warnings.join()).not.toContain("milliseconds"); // it is how this edition is written
  expect(byUser(dataset)).toEqual({ U: ["Q", "P"] });
  expect([...(dataset.histories.timestamps ?? [])]).toEqual([1588687728, 1588687728.923]);
  expect(dataset.catalogue.rows).toEqual([
    { item: "P", title: "Comb", brand: "Shop", category: "All Beauty" },
    { item: "Q", title: "Brush", category: "Hair / Brushes" },
  ]);
  expect(messages[1]).toBe(
    "lists/meta_All_Beauty.jsonl.gz: read as Amazon reviews, because its lines are products, each with parent_asin.",
  );
});

test("the columns of products may be named, Python dicts included", async () => {
  const log = await bench.file("named/reviews.json", reviews2014);
  const items = await bench.file("named/products.json", meta2014);
  const { dataset } = await bench.import(log, { items, itemColumns: { category: "price" } });
  expect(dataset.catalogue.row(1)).toMatchObject({ item: "B1", category: "9.5" });
});

test("products whose ids are not those of the log are warned of, and so are many that nobody took", async () => {
  const log = await bench.file("ids/log.jsonl", reviews2014);
  const strangers = await bench.file("ids/m.jsonl", lines({ asin: "Z1", title: "T" }));
  expect((await bench.import(log, { items: strangers })).info.warnings).toContain(
    "no listed item stands in the log: their ids are not the same.",
  );
  const many = await bench.file("ids/many.jsonl", lines(...["B1", "Z1", "Z2"].map((asin) => ({ asin, title: "T" }))));
  expect((await bench.import(log, { items: many })).info.warnings).toContain(
    "2 of 3 listed items are in no interaction and are ranked all the same: --min-item 1 leaves them out.",
  );
  expect((await bench.import(log, { items: many, minItem: 1 })).info).toMatchObject({ items: 2 });
});

test("a broken line is named, in reviews and in products", async () => {
  const cut = await bench.file("cut/reviews.json", `${reviews2014}{"reviewerID": "A3", "asi`);
  expect(await bench.failure(bench.import(cut))).toMatchInlineSnapshot(`
    "DataError (bad-row, line 4)
    cut/reviews.json line 4: "{\\"reviewerID\\": \\"A3\\", \\"asi" is not a JSON object.
    → Each line must be one object: {…}."
  `);
  const log = await bench.file("dict/Beauty.json", reviews2014);
  await bench.file("dict/meta_Beauty.json", `${meta2014}\n{'asin': 'B3', 'title': 'never closed}\n`);
  expect(await bench.failure(bench.import(log))).toMatchInlineSnapshot(`
    "DataError (bad-row, line 4)
    dict/meta_Beauty.json line 4: this is not a Python dict: expected a closing ' at character 39, found the end.
    → Each line must be one object, JSON or a Python dict: {'asin': …}."
  `);
});

test("objects without the keys of reviews are JSON lines, and a folder of several departments is asked about", async () => {
  const other = await bench.file("other.jsonl", lines({ user_id: "u", item_id: "i", timestamp: 1 }));
  expect((await bench.import(other)).info.format).toBe("jsonl");
  const folder = dirname(await bench.file("several/A.json", reviews2014));
  await bench.file("several/B.json", reviews2014);
  expect(await bench.failure(bench.import(folder, { format: "amazon" }))).toMatchInlineSnapshot(`
    "DataError (missing-files, field NAME.jsonl)
    several: not one file of reviews (NAME.json or NAME.jsonl, also .gz) is told from the others in this directory.
    → Name the file of reviews itself."
  `);
});
