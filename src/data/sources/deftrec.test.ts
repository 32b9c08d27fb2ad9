import { existsSync } from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { silent } from "#base";
import { openDataset } from "../dataset.ts";
import { prepare } from "../prepare.ts";

let place: string;
beforeAll(async () => {
  place = await mkdtemp(join(tmpdir(), "deftrec-test-"));
});
afterAll(() => rm(place, { recursive: true, force: true }));

let made = 0;
/** A directory in DeftRec's format; returns how to import it and errors with the path taken out. */
async function directory(content: Record<string, string>) {
  const path = join(place, String(made++), "shop");
  await mkdir(path, { recursive: true });
  for (const [name, text] of Object.entries(content)) await writeFile(join(path, name), text);
  const run = () =>
    prepare(path, { out: `${path}.prepared` }, silent).catch((error: Error) => {
      throw new Error(error.message.replaceAll(path, "shop"));
    });
  return { run, open: async () => openDataset((await run()).directory) };
}

const lists = {
  "item_list.txt":
    'org_id remap_id title category\nB1 1 "Nail, red" Polish\nA0 0 Comb ""\nC2 2 "Two\nlines &amp; more" Hair\n',
  "user_list.txt": "org_id remap_id\nanna 0\nben 1\n",
};

test("ids are the outside ones, histories those of test.txt, items in remap order", async () => {
  const { open } = await directory({ "train.txt": "0 0 1\n1 2 2\n", "test.txt": "0 0 1 2\n1 2 2 0\n", ...lists });
  const { histories, catalogue, users } = await open();
  expect(users.ids).toEqual(["anna", "ben"]);
  expect(users.rowOf("ben")).toBe(1);
  expect(catalogue.rows.map((row) => row.item)).toEqual(["A0", "B1", "C2"]);
  expect([...histories.of(0)]).toEqual([1, 2, 3]);
  expect([...histories.of(1)]).toEqual([3, 3, 1]); // a repeat purchase is not a duplicate
});

test("texts are read from quoted fields, entities decoded, line breaks made spaces, empty ones absent", async () => {
  const { open } = await directory({ "test.txt": "0 0 1 2\n", ...lists });
  expect((await open()).catalogue.rows).toEqual([
    { item: "A0", title: "Comb" },
    { item: "B1", title: "Nail, red", category: "Polish" },
    { item: "C2", title: "Two lines & more", category: "Hair" },
  ]);
});

test("columns of item_list.txt are found by name, in any order", async () => {
  const { open } = await directory({
    "test.txt": "0 0 0 0\n",
    "item_list.txt": "category title remap_id org_id\nJazz Trio 0 x\n",
    "user_list.txt": lists["user_list.txt"],
  });
  expect((await open()).catalogue.rows).toEqual([{ item: "x", title: "Trio", category: "Jazz" }]);
});

test("a user missing in test.txt keeps the train line, with a warning", async () => {
  const { run, open } = await directory({ "train.txt": "0 0\n1 2 1\n", "test.txt": "0 0 1\n", ...lists });
  expect([...(await open()).histories.of(1)]).toEqual([3, 2]);
  expect((await run()).warnings).toEqual(["1 users are in train.txt only: their train line is taken as the history."]);
});

test("test lines that are not the train line plus one item are counted in a warning", async () => {
  const { run } = await directory({ "train.txt": "0 1\n1 2\n", "test.txt": "0 0 1\n1 2 1\n", ...lists });
  expect((await run()).warnings).toEqual([
    "1 users' test lines are not their train line plus one item: test.txt is taken as the history.",
  ]);
});

test("without lists the numbers are the ids, with warnings", async () => {
  const { run, open } = await directory({ "test.txt": "7 40 30 40\n" });
  const { users, catalogue } = await open();
  expect(users.ids).toEqual(["7"]);
  expect(catalogue.rows).toEqual([{ item: "40" }, { item: "30" }]);
  expect((await run()).warnings).toEqual([
    "item_list.txt is missing: the numbers of test.txt and train.txt are taken as ids.",
    "user_list.txt is missing: the numbers of test.txt and train.txt are taken as ids.",
  ]);
});

test("a word that is no number is named with its line", async () => {
  const { run } = await directory({ "test.txt": "0 0 1\n1 2 x7\n", ...lists });
  await expect(run()).rejects.toThrowErrorMatchingInlineSnapshot(
    `[Error: shop/test.txt line 2: "x7" is not a whole number. Expected \`user item item …\`, the remap_id numbers of user_list.txt and item_list.txt.]`,
  );
});

test("an item that is not in item_list.txt is named with its line", async () => {
  const { run } = await directory({ "test.txt": "0 0 1\n\n1 2 99\n", ...lists });
  await expect(run()).rejects.toThrowErrorMatchingInlineSnapshot(
    `[Error: shop/test.txt line 3: item 99 is not in item_list.txt (column remap_id).]`,
  );
});

test("an item list without org_id says what was found", async () => {
  const { run } = await directory({ "test.txt": "0 0 1\n", "item_list.txt": "id remap_id title\na 0 A\n" });
  await expect(run()).rejects.toThrowErrorMatchingInlineSnapshot(
    `[Error: shop/item_list.txt line 1: no column "org_id". Expected org_id remap_id title [category], found id remap_id title.]`,
  );
});

test("a directory without the files says what it holds", async () => {
  const { run } = await directory({ "readme.md": "hello" });
  await expect(run()).rejects.toThrowErrorMatchingInlineSnapshot(
    `[Error: shop: format not recognised (a directory with "readme.md"). Tried deftrec.]`,
  );
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
  test.skipIf(!there)(
    `${name} has the published counts${there ? "" : " (skipped: ../shared/data is not there)"}`,
    async () => {
      const prepared = await prepare(join(shared, name), { out: join(place, name) }, silent);
      expect(prepared).toMatchObject({ format: "deftrec", users, items, interactions, warnings: [] });
      expect((await openDataset(prepared.directory)).histories.interactions).toBe(interactions);
    },
  );
}
