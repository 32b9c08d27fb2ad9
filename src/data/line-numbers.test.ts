import { expect, test } from "vitest";
import { Workbench } from "../../test/suites/workbench.ts";
import { lineOfByte, lineOfRecord } from "./line-numbers.ts";

const bench = new Workbench();

test("records are counted without blank lines, and a quoted line break does not end one", async () => {
  const path = await bench.file("a.csv", 'head\n\n"one\nstill one"\n  \ntwo\n');
  expect(await lineOfRecord(path, 1, '"')).toBe(1);
  expect(await lineOfRecord(path, 2, '"')).toBe(3);
  expect(await lineOfRecord(path, 3, '"')).toBe(6);
  expect(await lineOfRecord(path, 3)).toBe(4); // without quoting, "still one" is a record of its own
});

test("a byte stands on the line after as many line breaks as come before it", async () => {
  const path = await bench.file("b.txt", "ab\ncd\n");
  expect(await Promise.all([0, 2, 3, 6].map((offset) => lineOfByte(path, offset)))).toEqual([1, 1, 2, 3]);
});
