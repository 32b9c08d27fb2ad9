import { expect, test } from "vitest";
import { delimiterOf, splitFields } from "./delimited.ts";

const peeked = (text: string) =>
  ({ source: "x", kind: "file", entries: [], beside: [], bytes: new Uint8Array(), lines: text.split("\n") }) as const;

test("a delimiter inside quotes does not part fields", () => {
  expect(splitFields('a,"b,c", d', { delimiter: ",", quote: '"' })).toEqual(["a", "b,c", "d"]);
  expect(splitFields('a,"b,c"', { delimiter: ",", quote: "" })).toEqual(["a", '"b', 'c"']);
});

test("the delimiter is the one that cuts lines alike", () => {
  expect(delimiterOf(peeked("user;item\nu;1,5\nv;2,5"), [",", ";"])).toBe(";");
  expect(delimiterOf(peeked("one two\nthree"), [",", ";"])).toBeUndefined();
  expect(delimiterOf(peeked('{"a":1,"b":2}\n{"a":1,"b":2}'), [","])).toBeUndefined();
});
