import { expect, test } from "vitest";
import {
  choice,
  ids,
  integer,
  integers,
  memory,
  needed,
  number,
  onOff,
  settle,
  text,
  variableOf,
  withDefault,
} from "./flags.ts";

const flags = {
  name: text("NAME", "a name"),
  topk: withDefault(integer("length", 1), 10),
  cutoffs: integers("cutoffs", 1),
  history: ids("items"),
  rating: number("least rating"),
  maskHistory: onOff("mask", true),
  split: choice(["test", "valid"], "which"),
};
const nothing = { given: {}, environment: {} };

test("flag before environment before file before default", () => {
  const file = { path: "c.yaml", values: { topk: 3, name: "file", split: "valid" } };
  const environment = { DEFTREC_TOPK: "4", DEFTREC_NAME: "environment" };
  expect(settle("x", flags, { given: { topk: "5" }, environment, file })).toEqual({
    name: "environment",
    topk: 5,
    maskHistory: true,
    split: "valid",
    cutoffs: undefined,
    history: undefined,
    rating: undefined,
  });
  expect(settle("x", flags, nothing).topk).toBe(10);
});

test("an empty variable says nothing", () => {
  expect(settle("x", flags, { given: {}, environment: { DEFTREC_TOPK: "" } }).topk).toBe(10);
});

test("lists come with commas or as lists of a file, keys of a file in either spelling", () => {
  const given = { history: " a, b ,,c", cutoffs: "5, 10" };
  expect(settle("x", flags, { ...nothing, given })).toMatchObject({ history: ["a", "b", "c"], cutoffs: [5, 10] });
  const file = { path: "c.yaml", values: { cutoffs: [1, 2], "mask-history": false, rating: 3.5 } };
  expect(settle("x", flags, { ...nothing, file })).toMatchObject({ cutoffs: [1, 2], maskHistory: false, rating: 3.5 });
  expect(settle("x", flags, { ...nothing, given: { history: "" } }).history).toEqual([]);
});

test("switches in the environment can be off, too", () => {
  const masked = (value: string) => settle("x", flags, { given: {}, environment: { DEFTREC_MASK_HISTORY: value } });
  expect([masked("1"), masked("no"), masked("FALSE")].map(({ maskHistory }) => maskHistory)).toEqual([
    true,
    false,
    false,
  ]);
});

test("numbers are read whole or not at all", () => {
  const read = (flag: { read(given: string): unknown }, ...given: string[]) => given.map((one) => flag.read(one));
  expect(read(integer("n", 1), "7", " 7 ", "0", "1.5", "1e3", "", "seven", "99999999999999999999")).toEqual(
    [7, 7, undefined, undefined, undefined, undefined, undefined, undefined], // below 1, not whole, not a plain number, too large
  );
  expect(read(number("x"), "-1.5", "1e3", "", " ", "NaN", "x")).toEqual([-1.5, 1000, ...Array(4).fill(undefined)]);
  expect(read(integers("n"), "1,2", "1,,2", "")).toEqual([[1, 2], undefined, undefined]);
});

test("what is needed and not there is said with its help", () => {
  expect(() => settle("import", { out: needed(text("DATASET", "the dataset to write")) }, nothing)).toThrow(
    "import: --out DATASET is missing: the dataset to write.",
  );
});

test("a variable is named like its flag", () => {
  expect(variableOf("minUser")).toBe("DEFTREC_MIN_USER");
});

test("memory is a number with its unit", () => {
  const limits = { memory: memory("limit") };
  const read = (given: string) => settle("x", limits, { ...nothing, given: { memory: given } }).memory;
  expect(read("4GB")).toBe(4_000_000_000);
  expect(read("1.5 gb")).toBe(1_500_000_000);
  expect(read("500MB")).toBe(500_000_000);
  for (const wrong of ["4", "GB", "-1GB", "4 GB of it"]) {
    expect(() => read(wrong)).toThrow(`--memory: expected a size such as 500MB or 4GB, got "${wrong}".`);
  }
});
