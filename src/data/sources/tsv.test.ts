import { expect, test } from "vitest";
import { byUser, Workbench } from "../../../test/suites/workbench.ts";

const bench = new Workbench();

test("fields between tabs are read, quotation marks in plain TSV are text", async () => {
  const { dataset, info } = await bench.import(
    await bench.file("log.tsv", 'user\titem\ttime\nu\t"open\t2\nu\ta b\t1\n'),
  );
  expect(info.format).toBe("tsv");
  expect(byUser(dataset)).toEqual({ u: ["a b", '"open'] });
});

test("fields are unquoted where the file quotes them", async () => {
  const { dataset } = await bench.import(await bench.file("quoted.tsv", 'user\titem\ttime\n"u"\t"a\tb"\t1\n'));
  expect(byUser(dataset)).toEqual({ u: ["a\tb"] });
});

test("numbers below a header are neither pairs nor MovieLens' u.data", async () => {
  const two = await bench.file("two.tsv", "user\titem\n1\t7\n1\t8\n");
  const four = await bench.file("four.tsv", "user\titem\trating\ttime\n1\t7\t3\t881250949\n1\t8\t4\t881250950\n");
  for (const source of [two, four]) {
    const { info, dataset } = await bench.import(source);
    expect(info.format).toBe("tsv");
    expect(byUser(dataset)).toEqual({ 1: ["7", "8"] });
  }
});
