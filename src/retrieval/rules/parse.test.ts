import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ConfigError } from "#base";
import { COMPARISONS, type Expression, FIELDS, print } from "./expression.ts";
import { parse, parseFactors } from "./parse.ts";

const value = fc.oneof(
  fc.string({ unit: "grapheme" }),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map((number) => number + 0), // -0 reads as 0
);
const field = fc.constantFrom(...FIELDS);
const { expression } = fc.letrec<{ expression: Expression }>((tie) => ({
  expression: fc.oneof(
    { depthSize: "small" },
    fc.record({ kind: fc.constant("compare" as const), field, comparison: fc.constantFrom(...COMPARISONS), value }),
    fc.record({ kind: fc.constant("in" as const), field, values: fc.array(value, { minLength: 1, maxLength: 4 }) }),
    fc.record({ kind: fc.constant("not" as const), part: tie("expression") }),
    fc.record({
      kind: fc.constantFrom("and" as const, "or" as const),
      parts: fc.array(tie("expression"), { minLength: 2, maxLength: 4 }),
    }),
  ),
}));

test("what is printed is read again as the same tree", () => {
  fc.assert(
    fc.property(expression, (tree) => {
      expect(parse(print(tree))).toEqual(tree);
    }),
  );
});

test("whatever is typed is understood or refused as a ConfigError", () => {
  const words = [
    ...FIELDS,
    ...COMPARISONS,
    "and",
    "or",
    "not",
    "in",
    "(",
    ")",
    ",",
    ":",
    "'a'",
    "'",
    '"',
    "7",
    "-",
    " ",
  ];
  const typed = fc.oneof(
    fc.string({ unit: "binary" }),
    fc.array(fc.constantFrom(...words), { maxLength: 20 }).map((all) => all.join(" ")),
    fc.array(fc.constantFrom("(", "not ", "item=1"), { minLength: 200, maxLength: 400 }).map((all) => all.join("")),
  );
  const refusedWell = (read: () => unknown) => {
    try {
      read();
    } catch (cause) {
      expect(cause).toBeInstanceOf(ConfigError);
    }
  };
  fc.assert(
    fc.property(typed, (text) => {
      refusedWell(() => parse(text));
      refusedWell(() => parseFactors(text));
    }),
  );
  refusedWell(() => parse("(".repeat(1_000_000)));
  expect(() => parse(`${"not ".repeat(200)}item = 1`)).toThrow("more than 100 conditions stand inside each other");
});

test("and binds before or, not before both, and words may be written large", () => {
  expect(print(parse("item = 1 OR not brand='x' And title > 'm'"))).toBe(
    "item = 1 or (not brand = 'x' and title > 'm')",
  );
  expect(print(parse("category NOT IN ('a','it''s') and (item<=-2.5e1)"))).toBe(
    "not category in ('a', 'it''s') and item <= -25",
  );
});

describe("what is wrong is told with its column", () => {
  const message = (text: string) => {
    try {
      return print(parse(text));
    } catch (cause) {
      return String(cause);
    }
  };
  test.each([
    ["brnd = 'x'", 'column 1: unknown field "brnd", did you mean "brand"? Known fields: item, title, brand, category.'],
    [
      "brand = Nordwind",
      `column 9: expected a 'string' or a number, got "Nordwind". Strings stand in single quotes: 'Nordwind'.`,
    ],
    ['brand = "x"', "column 9: strings stand in single quotes, 'like this'."],
    ["brand = 'x", "column 9: the string that begins here has no end; a quote inside a string is written twice."],
    ["brand 'x'", "column 7: expected = != <= >= < > or in, got 'x'."],
    ["brand = 'x' category = 'y'", 'column 13: expected and, or, or the end, got "category".'],
    ["(brand = 'x'", "column 13: expected and, or, or a closing parenthesis, got the end."],
    ["brand in 'x'", "column 10: expected an opening parenthesis, got 'x'."],
    ["brand in ('x' 'y')", "column 15: expected a comma or a closing parenthesis, got 'y'."],
    ["brand not = 'x'", 'column 11: expected in, got "=".'],
    ["item = 1e999", "column 8: 1e999 is too large a number."],
    ["and", 'column 1: expected a field, not, or a parenthesis, got "and".'],
    ["", "column 1: expected a field, not, or a parenthesis, got the end."],
    ["item = 1 ; item = 2", 'column 10: ";" has no meaning here.'],
  ])("%s", (text, expected) => {
    expect(message(text)).toBe(`ConfigError: where: ${expected}`);
  });
});

test("factors stand behind colons", () => {
  expect(parseFactors("brand in ('a', 'b:c') : 2, item = 1:0.5")).toEqual([
    { expression: parse("brand in ('a', 'b:c')"), factor: 2 },
    { expression: parse("item = 1"), factor: 0.5 },
  ]);
  expect(() => parseFactors("item = 1")).toThrow("boost: column 9: expected a colon and a factor, got the end.");
  expect(() => parseFactors("item = 1: 'x'")).toThrow("boost: column 11: expected a factor, got 'x'.");
});
