import { existsSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { Workbench } from "../../test/suites/workbench.ts";
import { inspect } from "./inspect.ts";

const bench = new Workbench();

test("lengths, short users, repeats and cold items are those of the split", async () => {
  // Lengths 5, 3, 2, 1: two users are split. Trained: a a b of u, d of v, a b of w, c of x.
  const rows = ["u a", "u a", "u b", "u c", "u a", "v d", "v a", "v d", "w a", "w b", "x c"];
  const log = `user,item\n${rows.map((row) => row.replace(" ", ",")).join("\n")}\n`;
  const { dataset } = await bench.import(await bench.file("log.csv", log));
  const found = inspect(dataset);
  expect(found.lengths).toEqual({ min: 1, median: 3, mean: 11 / 4, p90: 5, max: 5 });
  expect(found.shortUsers).toBe(2);
  // u: valid c is new, test a is not; v: valid a is new, test d is not.
  expect(found.repeats).toEqual({ valid: 0, test: 1 });
  expect(found.repeatedInteractions).toBe(3); // u's second and third a, v's second d
  expect(found.cold).toEqual({ items: 4, neverTrained: 0, testTargets: 1 });
  expect(found.time).toBeUndefined();
});

test("texts are looked at: missing, repeated, saying nothing, with leftovers of HTML", async () => {
  const log = await bench.file("texts.csv", "user,item,time\nu,a,5\nu,b,7\n");
  const items = await bench.file(
    "items.csv",
    "item,title,brand,category\na,Comb,B,Comb\nb,Comb,,</span>Hair\nc,Soap &amp;amp; Co,B,Hair\nd,,,\n",
  );
  const { dataset } = await bench.import(log, { items });
  const { text, time, cold } = inspect(dataset);
  expect(text).toEqual({
    withoutTitle: 1,
    withoutBrand: 2,
    withoutCategory: 1,
    repeatedTitles: 2,
    categoryIsTitle: 1,
    html: 2,
    categories: 3,
    brands: 1,
  });
  expect(time).toEqual({ first: 5, last: 7 });
  expect(cold.neverTrained).toBe(2); // c and d; a user too short to be split is trained on
});

test("leaks: users with the same history, and test targets older than what is trained on", async () => {
  const rows = ["u,a,1", "u,b,2", "u,c,3", "v,a,1", "v,b,2", "v,c,9", "w,c,1", "w,b,2", "w,a,3", "x,a,5", "x,b,6"];
  const { dataset } = await bench.import(await bench.file("leaks.csv", `user,item,time\n${rows.join("\n")}\n`));
  // u and v are twins, w has their items in another order. x is trained on until time 6: u's and w's targets (3) are older.
  expect(inspect(dataset).leaks).toEqual({ twins: 2, testBeforeTrain: 2 / 3 });
});

test("what import says stands in it too", async () => {
  const { dataset, info } = await bench.import("synthetic:users=40,items=50");
  const { directory: _, reused: __, ...said } = info;
  expect(inspect(dataset)).toMatchObject({ ...said, bestReachable: dataset.manifest.bestReachable });
});

const software = join(process.cwd(), "..", "shared", "data", "software");
const there = existsSync(software);
test.skipIf(!there)(
  `software repeats 18.1 % of its targets${there ? "" : " (skipped: no ../shared/data)"}`,
  async () => {
    const { dataset } = await bench.import(software);
    const found = inspect(dataset);
    expect(found.repeats.test).toBeCloseTo(0.181, 3);
    expect(found.lengths).toMatchObject({ min: 5, max: 50 });
    expect(found.text.withoutTitle).toBe(0);
  },
);
