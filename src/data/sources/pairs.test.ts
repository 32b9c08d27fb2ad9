import { expect, test } from "vitest";
import { byUser, Workbench } from "../../../test/suites/workbench.ts";

const bench = new Workbench();

test("a line is a user and one item, in the order of the file, repeats and all", async () => {
  const { dataset, info, messages } = await bench.import(await bench.file("Beauty.txt", "1 7\n1 3\r\n\n2\t7\n1 7\n"));
  expect(info).toMatchObject({ format: "pairs", users: 2, items: 2, interactions: 4 });
  expect(byUser(dataset)).toEqual({ 1: ["7", "3", "7"], 2: ["7"] });
  expect(messages[0]).toBe(
    "Beauty.txt: read as pairs (`user item` a line), because its lines are two numbers each, and the first of them comes again.",
  );
});

test("pairs of words between tabs that have no header are pairs only when the format is given", async () => {
  const source = await bench.file("words.txt", "anna x\nanna y\nben x\n");
  expect((await bench.import(source)).info.format).toBe("pairs");
  const tabs = await bench.file("tabs.tsv", "user\titem\n1\tx\n1\ty\n");
  expect((await bench.import(tabs)).info.format).toBe("tsv");
  const headless = await bench.file("headless.tsv", "anna\tx\nanna\ty\n");
  expect((await bench.import(headless, { format: "pairs" })).info.interactions).toBe(2);
});

test("two words a line, each user once, read the same as pairs and as sequences", async () => {
  const source = await bench.file("once.txt", "1 a\n2 b\n");
  const told = await bench.import(source);
  const pairs = await bench.import(source, { format: "pairs" });
  expect(told.info.format).toBe("sequences");
  expect(byUser(pairs.dataset)).toEqual(byUser(told.dataset));
});

test("longer lines are sequences, and a line of another length is named", async () => {
  const source = await bench.file("longer.txt", "1 7\n1 3 4\n2 5\n");
  expect(await bench.failure(bench.import(source, { format: "pairs" }))).toMatchInlineSnapshot(`
    "DataError (bad-row, line 2)
    longer.txt line 2: 3 words, expected two: \`user item\`.
    → Correct the line; a file of \`user item item …\` is --format sequences."
  `);
});

test("--columns is refused where columns have no names", async () => {
  const source = await bench.file("columns.txt", "1 7\n1 3\n");
  expect(await bench.failure(bench.import(source, { columns: { user: "who" } }))).toMatchInlineSnapshot(`
    "ConfigError (bad-columns, field columns)
    columns.txt: --columns does not apply to pairs: there are no columns with names in it.
    → Leave --columns out, or say with --format what the file is."
  `);
});
