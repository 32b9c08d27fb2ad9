import { expect, test } from "vitest";
import { byUser, Workbench } from "../../../test/suites/workbench.ts";

const bench = new Workbench();

test("a line is a user and their items, oldest first, repeats and all", async () => {
  const { dataset, info } = await bench.import(await bench.file("histories.txt", "anna x y x\r\n\r\n ben  y\tz \r\n"));
  expect(info).toMatchObject({ format: "sequences", users: 2, items: 3, interactions: 5 });
  expect(byUser(dataset)).toEqual({ anna: ["x", "y", "x"], ben: ["y", "z"] });
});

test("a user on several lines continues, when the format is given", async () => {
  const source = await bench.file("several.txt", "anna x\nben z\nanna y\n");
  const { dataset } = await bench.import(source, { format: "sequences" });
  expect(byUser(dataset)).toEqual({ anna: ["x", "y"], ben: ["z"] });
});

test("a user without items is named with the line", async () => {
  const source = await bench.file("alone.txt", "anna x\nben\n");
  expect(await bench.failure(bench.import(source, { format: "sequences" }))).toMatchInlineSnapshot(`
    "DataError (no-items, line 2, field item)
    alone.txt line 2: user "ben" has no item. Expected \`user item item …\`.
    → Remove the line."
  `);
});

test("prose is not taken for histories", async () => {
  const source = await bench.file("README.txt", "The log is elsewhere.\n\nThe end\n");
  expect(await bench.failure(bench.import(source))).toMatchInlineSnapshot(`
    "DataError (unknown-format, line 1, field source)
    README.txt line 1: format not recognised (starts with "The log is elsewhere.", "The end"). Tried (all formats).
    → Say what it is with --format, and which column is which with --columns user=…,item=…,time=…."
  `);
});
