import { join } from "node:path";
import { expect, test } from "vitest";
import { Workbench } from "../../test/suites/workbench.ts";
import { peek } from "./peek.ts";

const bench = new Workbench();

test("only the beginning of a file is looked at, and a cut last line is left out", async () => {
  const path = await bench.file("long.txt", "0123456789\n".repeat(10_000));
  const { kind, bytes, lines } = await peek(path);
  expect(kind).toBe("file");
  expect(bytes.length).toBe(65_536);
  expect(new Set(lines)).toEqual(new Set(["0123456789"]));
});

test("a path that is not there is answered with what a source can be", async () => {
  expect(await bench.failure(bench.import(join(await bench.folder, "ratings.csv")))).toMatchInlineSnapshot(`
    "DataError (missing-file, field source)
    ratings.csv: no such file or directory. Expected a log of interactions, or synthetic[:users=…,items=…,seed=…].
    → Check the path."
  `);
});

test("an empty file and an empty directory are told from unknown formats", async () => {
  expect(await bench.failure(bench.import(await bench.file("empty.csv", "")))).toMatchInlineSnapshot(`
    "DataError (empty-file, field source)
    empty.csv: this file is empty. Expected a log of interactions, or synthetic[:users=…,items=…,seed=…].
    → Check that the export that wrote it was finished."
  `);
  const inside = await bench.file("folder/x", "");
  expect(await bench.failure(bench.import(inside.replace(/\/x$/, ""), { format: "csv" }))).toMatchInlineSnapshot(`
    "DataError (not-a-file, field source)
    folder: this is a directory. Expected one CSV file.
    → Name the file inside it."
  `);
});

test("content of no known format is shown, with what was tried", async () => {
  expect(await bench.failure(bench.import(await bench.file("notes.txt", "hello\n")))).toMatchInlineSnapshot(`
    "DataError (unknown-format, line 1, field source)
    notes.txt line 1: format not recognised (starts with "hello"). Tried (all formats).
    → Say what it is with --format, and which column is which with --columns user=…,item=…,time=…."
  `);
});

test("a format that does not exist is answered with the nearest", async () => {
  const source = await bench.file("log.csv", "user,item\nu,a\n");
  expect(await bench.failure(bench.import(source, { format: "cvs" }))).toMatchInlineSnapshot(`
    "ConfigError (unknown-format, field format)
    --format: unknown format "cvs", did you mean "csv"? Known: (all formats).
    → "
  `);
});
