/**
 * The filter language as a tree, and as text again. What `parse` reads, `print` writes and the other way round.
 *   brand = 'Nordwind' and not (category in ('boots', 'poles') or item < 100)
 */

/** What a filter may ask of an item: the catalogue's attributes. */
export const FIELDS = ["item", "title", "brand", "category"] as const;
export type Field = (typeof FIELDS)[number];

export const COMPARISONS = ["=", "!=", "<=", ">=", "<", ">"] as const;
export type Comparison = (typeof COMPARISONS)[number];

/** A 'string' or a number of an expression. */
export type Value = string | number;

/** A condition on one item. */
export type Expression =
  | { readonly kind: "and"; readonly parts: readonly Expression[] }
  | { readonly kind: "or"; readonly parts: readonly Expression[] }
  | { readonly kind: "not"; readonly part: Expression }
  | { readonly kind: "compare"; readonly field: Field; readonly comparison: Comparison; readonly value: Value }
  | { readonly kind: "in"; readonly field: Field; readonly values: readonly Value[] };

/** The expression as text that parses to the same tree. */
export function print(expression: Expression): string {
  switch (expression.kind) {
    case "compare":
      return `${expression.field} ${expression.comparison} ${printValue(expression.value)}`;
    case "in":
      return `${expression.field} in (${expression.values.map(printValue).join(", ")})`;
    case "not":
      return `not ${enclosed(expression.part)}`;
    default:
      return expression.parts.map(enclosed).join(` ${expression.kind} `);
  }
}

/** Inside another expression, `and` and `or` stand in parentheses: that they were written apart is part of the tree. */
function enclosed(part: Expression): string {
  return part.kind === "and" || part.kind === "or" ? `(${print(part)})` : print(part);
}

function printValue(value: Value): string {
  return typeof value === "number" ? String(value) : `'${value.replaceAll("'", "''")}'`;
}
