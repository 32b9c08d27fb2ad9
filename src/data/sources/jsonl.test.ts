import { expect, test } from "vitest";
import { byUser, Workbench } from "../../../test/suites/workbench.ts";

const bench = new Workbench();

test("keys are columns, ids are texts whatever their type, blank lines are skipped", async () => {
  const lines = [
    '{"userId":7,"asin":"a","time":3}',
    "",
    '{"userId":"7b","asin":12,"time":1.5e9}',
    '{"asin":"x","userId":7,"time":2}',
  ];
  const { dataset, info } = await bench.import(await bench.file("log.jsonl", lines.join("\n")));
  expect(info.format).toBe("jsonl");
  expect(byUser(dataset)).toEqual({ 7: ["x", "a"], "7b": ["12"] });
});

test("a list of categories is one text", async () => {
  const log = await bench.file("log.csv", "user,item\nu,a\n");
  const items = await bench.file("items.jsonl", '{"asin":"a","title":"T","categories":["Hair","Combs"],"brand":"B"}\n');
  const { dataset } = await bench.import(log, { items });
  expect(dataset.catalogue.rows).toEqual([{ item: "a", title: "T", brand: "B", category: "Hair / Combs" }]);
});

test("a bad time is named with its line", async () => {
  const source = await bench.file(
    "time.jsonl",
    '{"user":"u","item":"a","time":1}\n\n{"user":"u","item":"a","time":"soon"}\n',
  );
  expect(await bench.failure(bench.import(source))).toMatchInlineSnapshot(`
    "DataError (bad-timestamp, line 3, field time)
    time.jsonl line 3: time "soon" is not a number. Expected seconds since 1970 (UTC), or ISO dates such as 2019-03-12 in every row.
    → Correct or remove the row, or name another column with --columns time=COLUMN."
  `);
});

test("a broken line is named", async () => {
  const source = await bench.file("broken.jsonl", '{"user":"u","item":"a"}\n\n{"user":"u" "item":"a"}\n');
  expect(await bench.failure(bench.import(source))).toMatchInlineSnapshot(`
    "DataError (bad-row, line 3)
    broken.jsonl line 3: "{\\"user\\":\\"u\\" \\"item\\":\\"a\\"}" is not a JSON object.
    → Each line must be one object: {…}."
  `);
});

test("a byte order mark, which JSON does not allow, is named", async () => {
  const source = await bench.file("bom.jsonl", '\ufeff{"user":"u","item":"a"}\n{"user":"u","item":"b"}\n');
  expect(await bench.failure(bench.import(source))).toMatchInlineSnapshot(`
    "DataError (bad-row, line 1)
    bom.jsonl line 1: a byte order mark stands before the first object.
    → Save the file as UTF-8 without a byte order mark."
  `);
});
