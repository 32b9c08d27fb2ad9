import fc from "fast-check";
import { expect, test } from "vitest";
import { Catalogue, type CatalogueRow } from "#data";
import { COMPARISONS, type Expression, FIELDS, print, type Value } from "./expression.ts";
import { keepOnly, predicate, where } from "./where.ts";

const catalogue = new Catalogue([
  { item: "1", title: "Boots, blue", brand: "Fjellgard", category: "boots" },
  { item: "2", title: "Boots, black", brand: "Alpenrau", category: "boots" },
  { item: "030", title: "Pan", category: "kitchen" },
  { item: "x4" },
]);

/** The items that meet a condition, by id. */
const met = (text: string) =>
  catalogue.rows.filter((_, at) => where(text, catalogue).items[at + 1] === 1).map(({ item }) => item);

test("conditions take the items that meet them", () => {
  expect(met("category = 'boots' and brand != 'Alpenrau'")).toEqual(["1"]);
  expect(met("brand = 'Alpenrau' or category in ('kitchen', 'garden')")).toEqual(["2", "030"]);
  expect(met("title >= 'Boots, blue' and title < 'Q'")).toEqual(["1", "030"]);
});

test("an attribute that is missing equals nothing, and not is always the opposite", () => {
  expect(met("brand = 'Alpenrau'")).toEqual(["2"]);
  expect(met("brand != 'Alpenrau'")).toEqual(["1", "030", "x4"]);
  expect(met("not brand = 'Alpenrau'")).toEqual(["1", "030", "x4"]);
  expect(met("brand < 'Z'")).toEqual(["1", "2"]);
  expect(met("not brand < 'Z'")).toEqual(["030", "x4"]);
  expect(met("brand not in ('Fjellgard')")).toEqual(["2", "030", "x4"]);
});

test("numbers are compared as numbers, strings as they are written", () => {
  expect(met("item = 30")).toEqual(["030"]);
  expect(met("item = '30'")).toEqual([]);
  expect(met("item > 1.5")).toEqual(["2", "030"]);
  expect(met("item > '1'")).toEqual(["2", "x4"]);
  expect(met("item in (1, 'x4')")).toEqual(["1", "x4"]);
});

test("all else leaves the list, and how many is known", () => {
  const boots = where("category = 'boots'", catalogue);
  const scores = Float32Array.of(-Infinity, 1, -2, 3, 4);
  keepOnly(scores, boots);
  expect([...scores]).toEqual([-Infinity, 1, -2, -Infinity, -Infinity]);
  expect(boots.refused).toBe(2);
});

/** The naive twin: each node asked anew, for one item, in the words of the documentation. */
function naive(expression: Expression, row: CatalogueRow): boolean {
  const comparable = (own: string, value: Value) =>
    typeof value === "number" ? (own.trim() === "" ? Number.NaN : Number(own)) : own;
  if (expression.kind === "not") return !naive(expression.part, row);
  if (expression.kind === "and" || expression.kind === "or") {
    const met = expression.parts.filter((part) => naive(part, row)).length;
    return expression.kind === "and" ? met === expression.parts.length : met > 0;
  }
  const own = row[expression.field];
  if (expression.kind === "in") {
    return own !== undefined && expression.values.some((value) => comparable(own, value) === value);
  }
  const { comparison, value } = expression;
  if (comparison === "!=") return !naive({ ...expression, comparison: "=" }, row);
  if (own === undefined) return false;
  const left = comparable(own, value);
  if (comparison === "=") return left === value;
  if (comparison === "<") return left < value;
  if (comparison === ">") return left > value;
  if (comparison === "<=") return left < value || left === value;
  return left > value || left === value;
}

test("compiled and naive evaluation agree on any condition and any item", () => {
  const word = fc.constantFrom("", " ", "a", "b", "10", "9", "09", "-1", "1e1");
  const value = fc.oneof(word, fc.constantFrom(-1, 0, 9, 10));
  const field = fc.constantFrom(...FIELDS);
  const { expression } = fc.letrec<{ expression: Expression }>((tie) => ({
    expression: fc.oneof(
      { depthSize: "small" },
      fc.record({ kind: fc.constant("compare" as const), field, comparison: fc.constantFrom(...COMPARISONS), value }),
      fc.record({ kind: fc.constant("in" as const), field, values: fc.array(value, { minLength: 1, maxLength: 3 }) }),
      fc.record({ kind: fc.constant("not" as const), part: tie("expression") }),
      fc.record({
        kind: fc.constantFrom("and" as const, "or" as const),
        parts: fc.array(tie("expression"), { minLength: 2, maxLength: 3 }),
      }),
    ),
  }));
  const row = fc.record({ item: word, title: word, brand: word, category: word }, { requiredKeys: ["item"] });
  fc.assert(
    fc.property(expression, row, (condition, item) => {
      expect(predicate(condition)(item), print(condition)).toBe(naive(condition, item));
    }),
    { numRuns: 1000 },
  );
});
