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
  expect(found.repeatedAtOnce).toBe(1); // u's second a
  expect(found.density).toBe(11 / 16);
  expect(found.cold).toEqual({ items: 4, neverTrained: 0, testTargets: 1, neverTrainedTargets: 0 });
  expect(found).toMatchObject({ split: { name: "leave-two-out" }, targets: { valid: 2, test: 2 }, unevaluated: 2 });
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
    copies: 0,
    titleWithoutLetters: 0,
    titleWords: { median: 1, max: 3 },
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
  expect(inspect(dataset).leaks).toEqual({ twins: 2, testBeforeTrain: 2 / 3, sameTime: 0, copyInHistory: 0 });
});

test("under a split in time nothing is learned from the future, and the figures are those of the split", async () => {
  const rows = ["u,a,1", "u,b,2", "u,c,3", "v,a,1", "v,b,2", "v,c,9", "w,c,1", "w,b,2", "w,a,3", "x,a,5", "x,d,9"];
  const { dataset } = await bench.import(await bench.file("times.csv", `user,item,time\n${rows.join("\n")}\n`));
  const found = inspect(dataset, { by: "temporal", at: [3, 5] });
  // Trained: a b of u and v, c b of w. Asked in validation: u's c and w's a; in test: v's c. x has nothing before 5.
  expect(found).toMatchObject({ targets: { valid: 2, test: 1 }, unevaluated: 3, leaks: { testBeforeTrain: 0 } });
  expect(found.split).toEqual({ name: "temporal", times: [3, 5] });
  expect(found.cold).toEqual({ items: 4, neverTrained: 1, testTargets: 1, neverTrainedTargets: 0 }); // d is new
});

test("copies of a target in its history, and targets whose order is a matter of chance, are counted", async () => {
  const rows = ["u,a,1", "u,b,2", "u,a2,3", "v,a,1", "v,b,2", "v,c,2", "w,c,1", "w,b,2", "w,a,3"];
  const log = await bench.file("copies.csv", `user,item,time\n${rows.join("\n")}\n`);
  const items = await bench.file(
    "copies-items.csv",
    "item,title,brand\na,Blue  comb,Acme\na2,blue comb ,ACME\nb,Blue comb,Other\nc,4711,\nd,,Acme\ne,,Acme\n",
  );
  const { dataset } = await bench.import(log, { items });
  const { leaks, text } = inspect(dataset);
  // u is asked for a2 and has taken a; w's a has no copy before it. v's c and b carry the same time.
  expect(leaks).toMatchObject({ copyInHistory: 1 / 3, sameTime: 1 / 3 });
  expect(text).toMatchObject({ copies: 2, titleWithoutLetters: 1, titleWords: { median: 2, max: 2 } });
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
