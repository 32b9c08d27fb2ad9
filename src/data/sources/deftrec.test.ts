import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { byUser, Workbench } from "../../../test/suites/workbench.ts";

const bench = new Workbench();

let made = 0;
/** A directory in DeftRec's format; returns its path. */
async function directory(content: Record<string, string>): Promise<string> {
  const name = `shop-${made++}`;
  for (const [file, text] of Object.entries(content)) await bench.file(`${name}/${file}`, text);
  return join(await bench.folder, name);
}

const lists = {
  "item_list.txt":
    'org_id remap_id title category\nB1 1 "Nail, red" Polish\nA0 0 Comb ""\nC2 2 "Two\nlines &amp; more" Hair\n',
  "user_list.txt": "org_id remap_id\nanna 0\nben 1\n",
};

test("ids are the outside ones, histories those of test.txt, items in remap order", async () => {
  const source = await directory({ "train.txt": "0 0 1\n1 2 2\n", "test.txt": "0 0 1 2\n1 2 2 0\n", ...lists });
  const { dataset, info } = await bench.import(source);
  expect(info).toMatchObject({ format: "deftrec", users: 2, items: 3, interactions: 6, warnings: [] });
  expect(dataset.catalogue.rows.map((row) => row.item)).toEqual(["A0", "B1", "C2"]);
  // A repeat purchase is not a duplicate.
  expect(byUser(dataset)).toEqual({ anna: ["A0", "B1", "C2"], ben: ["C2", "C2", "A0"] });
});

test("texts are read from quoted fields, entities decoded, line breaks made spaces, empty ones absent", async () => {
  const { dataset } = await bench.import(await directory({ "test.txt": "0 0 1 2\n", ...lists }));
  expect(dataset.catalogue.rows).toEqual([
    { item: "A0", title: "Comb" },
    { item: "B1", title: "Nail, red", category: "Polish" },
    { item: "C2", title: "Two lines & more", category: "Hair" },
  ]);
});

test("columns of item_list.txt are found by name, in any order", async () => {
  const list = "category title remap_id org_id\nJazz Trio 0 x\n";
  const { dataset } = await bench.import(await directory({ "test.txt": "0 0 0 0\n", ...lists, "item_list.txt": list }));
  expect(dataset.catalogue.rows).toEqual([{ item: "x", title: "Trio", category: "Jazz" }]);
});

test("a user missing in test.txt keeps the train line, with a warning", async () => {
  const source = await directory({ "train.txt": "0 0 1\n1 2 1 0\n", "test.txt": "0 0 1 2\n", ...lists });
  const { dataset, info } = await bench.import(source);
  expect(byUser(dataset).ben).toEqual(["C2", "B1", "A0"]);
  expect(info.warnings).toEqual(["1 users are in train.txt only: their train line is taken as the history."]);
});

test("test lines that are not the train line plus one item are counted in a warning", async () => {
  const { info } = await bench.import(
    await directory({ "train.txt": "0 1 1\n1 2 2\n", "test.txt": "0 0 1 1\n1 2 2 1\n", ...lists }),
  );
  expect(info.warnings).toEqual([
    "1 users' test lines are not their train line plus one item: test.txt is taken as the history.",
  ]);
});

test("without lists the numbers are the ids, with warnings", async () => {
  const { dataset, info } = await bench.import(await directory({ "test.txt": "7 40 30 40\n" }));
  expect(byUser(dataset)).toEqual({ 7: ["40", "30", "40"] });
  expect(dataset.catalogue.rows).toEqual([{ item: "40" }, { item: "30" }]);
  expect(info.warnings).toEqual([
    "item_list.txt is missing: the numbers of test.txt and train.txt are taken as ids.",
    "user_list.txt is missing: the numbers of test.txt and train.txt are taken as ids.",
  ]);
});

test("a word that is no number is named with its line", async () => {
  const source = await directory({ "test.txt": "0 0 1\n1 2 x7\n", ...lists });
  expect(await bench.failure(bench.import(source))).toMatchInlineSnapshot(`
    "DataError (bad-id, line 2, field item)
    shop-6/test.txt line 2: "x7" is not a whole number. Expected \`user item item …\`, the remap_id numbers of user_list.txt and item_list.txt.
    → Ids of your own go in a sequences file."
  `);
});

test("an item that is not in item_list.txt is named with its line", async () => {
  const source = await directory({ "test.txt": "0 0 1\n\n1 2 99\n", ...lists });
  expect(await bench.failure(bench.import(source))).toMatchInlineSnapshot(`
    "DataError (unknown-id, line 3, field item)
    shop-7/test.txt line 3: item 99 is not in item_list.txt (column remap_id).
    → Add it to item_list.txt, or remove item_list.txt to take the numbers as ids."
  `);
});

test("an item list without org_id says what was found", async () => {
  const source = await directory({ "test.txt": "0 0 1\n", "item_list.txt": "id remap_id title\na 0 A\n" });
  expect(await bench.failure(bench.import(source))).toMatchInlineSnapshot(`
    "DataError (missing-column, line 1, field org_id)
    shop-8/item_list.txt line 1: no column "org_id". Expected org_id remap_id title [category], found id remap_id title.
    → Write the header org_id remap_id title."
  `);
});

test("a directory without the files says what it holds, and what is missing when the format was given", async () => {
  const source = await directory({ "readme.md": "hello" });
  expect(await bench.failure(bench.import(source))).toMatchInlineSnapshot(`
    "DataError (unknown-format, field source)
    shop-9: format not recognised (a directory with "readme.md"). Tried (all formats).
    → Say what it is with --format, and which column is which with --columns user=…,item=…,time=…."
  `);
  expect(await bench.failure(bench.import(source, { format: "deftrec" }))).toMatchInlineSnapshot(`
    "DataError (missing-files)
    shop-9: no train.txt or test.txt in this directory (it holds readme.md). Expected DeftRec's files.
    → Name the log file itself, or a directory with train.txt and test.txt."
  `);
});

const shared = join(process.cwd(), "..", "shared", "data");
for (const [name, users, items, interactions] of [
  ["beauty", 22_363, 12_101, 198_502],
  ["industrial", 9_791, 5_317, 68_186],
  ["lastfm", 1_091, 3_685, 52_670],
  ["ml1m", 6_038, 3_307, 835_789],
  ["software", 1_351, 778, 9_322],
] as const) {
  const there = existsSync(join(shared, name));
  test.skipIf(!there)(`${name} has the published counts${there ? "" : " (skipped: no ../shared/data)"}`, async () => {
    const { info, dataset } = await bench.import(join(shared, name));
    expect(info).toMatchObject({ format: "deftrec", users, items, interactions, warnings: [] });
    expect(dataset.histories.interactions).toBe(interactions);
    // The first line of test.txt, by remap_id: index = remap_id + 1.
    const [line] = (await readFile(join(shared, name, "test.txt"), "utf8")).split("\n", 1);
    const remapped = line.trim().split(" ").slice(1).map(Number);
    expect([...dataset.histories.of(0)]).toEqual(remapped.map((id) => id + 1));
  });
}

test("a damaged list is named with its line", async () => {
  const sequences = { "test.txt": "0 0 1\n" };
  const number = await directory({ ...sequences, "item_list.txt": 'org_id remap_id title\na 0 "A\nB"\nb one B\n' });
  expect(await bench.failure(bench.import(number))).toMatchInlineSnapshot(`
    "DataError (bad-id, line 4, field remap_id)
    shop-10/item_list.txt line 4: remap_id "one" is not a whole number.
    → remap_id is the number that stands in train.txt and test.txt; ids of your own are org_id."
  `);
  const wide = await directory({ ...sequences, "item_list.txt": "org_id remap_id title\na 0 A\nb 1 B b\n" });
  expect(await bench.failure(bench.import(wide))).toMatchInlineSnapshot(`
    "DataError (bad-row, line 3)
    shop-11/item_list.txt line 3: 4 fields, expected 3 as in the first line.
    → A field that holds the delimiter or a line break must be in "quotes"."
  `);
});
