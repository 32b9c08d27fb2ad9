import { dirname } from "node:path";
import { expect, test } from "vitest";
import { byUser, Workbench } from "../../../test/suites/workbench.ts";

const bench = new Workbench();
const log =
  "user_id:token\titem_id:token\trating:float\ttimestamp:float\nanna\tx\t4.0\t20.5\nanna\ty\t2\t10\nben\tx\t5\t30\n";
const list = 'item_id:token\tmovie_title:token_seq\tclass:token_seq\nx\tThe "X" Files\tDrama Crime\ny\tY\t\n';

test("a directory is read, its items listed from the file of the same name", async () => {
  const inter = await bench.file("ml/ml.inter", log);
  await bench.file("ml/ml.item", list);
  await bench.file("ml/ml.user", "user_id:token\tage:token\nanna\t30\n");
  const { dataset, info, messages } = await bench.import(dirname(inter));
  expect(info).toMatchObject({ dataset: "ml", format: "recbole", users: 2, items: 2, interactions: 3 });
  expect(byUser(dataset)).toEqual({ anna: ["y", "x"], ben: ["x"] });
  expect([...(dataset.histories.timestamps ?? [])]).toEqual([10, 20.5, 30]);
  expect(dataset.catalogue.rows).toEqual([
    { item: "x", title: 'The "X" Files', category: "Drama Crime" },
    { item: "y", title: "Y" },
  ]);
  expect(messages[0]).toBe(
    "ml: read as RecBole's atomic files (NAME.inter, NAME.item), because it is a directory with ml.inter.",
  );
});

test("a file is known by its typed header whatever its name, and its columns may be named without their types", async () => {
  const source = await bench.file("log.txt", "who:token\tuser_id:token\titem_id:token\nw\tu\ti\nw\tv\tj\n");
  const { dataset, info } = await bench.import(source, { columns: { user: "who" }, minRating: undefined });
  expect(info.format).toBe("recbole");
  expect(byUser(dataset)).toEqual({ w: ["i", "j"] });
});

test("an .item file lists the items of any log, and takes the place of the one beside", async () => {
  const inter = await bench.file("own/own.inter", log);
  await bench.file("own/own.item", list);
  const items = await bench.file("other.item", "item_id:token\ttitle:token_seq\nx\tOther\n");
  expect((await bench.import(inter, { items })).dataset.catalogue.rows).toEqual([
    { item: "x", title: "Other" },
    { item: "y" },
  ]);
});

test("a header without types is named, and so is a directory with several logs", async () => {
  const source = await bench.file("typeless.inter", "user_id\titem_id:token\nu\ti\n");
  expect(await bench.failure(bench.import(source, { format: "recbole" }))).toMatchInlineSnapshot(`
    "DataError (bad-header, line 1, field user_id)
    typeless.inter line 1: "user_id" is not name:type. Expected a header such as user_id:token TAB item_id:token TAB timestamp:float.
    → Types are token, token_seq, float and float_seq; a table without them is --format tsv."
  `);
  const train = await bench.file("split/a.train.inter", log);
  await bench.file("split/a.test.inter", log);
  expect(await bench.failure(bench.import(dirname(train)))).toMatchInlineSnapshot(`
    "DataError (missing-files, field .inter)
    split: several .inter files (a.test.inter, a.train.inter) in this directory. Expected one.
    → Name the .inter file itself."
  `);
});

test("what is wrong in a row is named with its line", async () => {
  const short = await bench.file("short.inter", `${log}ben\ty\n`);
  expect(await bench.failure(bench.import(short))).toMatchInlineSnapshot(`
    "DataError (bad-row, line 5)
    short.inter line 5: 2 fields, expected 4 as in the first line.
    → A field that holds the delimiter or a line break must be in "quotes"."
  `);
  const time = await bench.file("time.inter", log.replace("20.5", "soon"));
  expect(await bench.failure(bench.import(time))).toMatchInlineSnapshot(`
    "DataError (bad-timestamp, line 2, field timestamp)
    time.inter line 2: timestamp "soon" is not a number. Expected seconds since 1970 (UTC), or ISO dates such as 2019-03-12 in every row.
    → Correct or remove the row, or name another column with --columns time=COLUMN."
  `);
});

test("a table whose header has colons but no types is not taken for RecBole's", async () => {
  const source = await bench.file("colons.tsv", "user\titem\tmeta:source\nu\ti\tx\n");
  expect((await bench.import(source)).info.format).toBe("tsv");
});
