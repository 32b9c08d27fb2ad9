/**
 * Rule `where`: only items that meet a condition may be recommended. The condition is tried on every item of the catalogue
 * once and kept as one byte an item; what follows is exact, however few items pass.
 * Two truth values: a comparison with an attribute that an item does not have is false, `!=` and `not` are the opposites
 * of `=` and of what they stand before (so an item without a brand meets `brand != 'x'`). Strings are compared by code
 * unit. Numbers are compared with what the attribute reads as: '007' = 7; what is no number meets no such comparison.
 */
import type { Catalogue, CatalogueRow } from "#data";
import type { Comparison, Expression, Value } from "./expression.ts";
import { parse } from "./parse.ts";

/** Which items may be recommended. */
export interface Allowed {
  /** 1 where the item of that index may, 0 where not; index 0 is padding. */
  readonly items: Uint8Array; // [N + 1]
  /** How many may not. */
  readonly refused: number;
}

/** The items of the catalogue that meet `text`. */
export function where(text: string, catalogue: Catalogue): Allowed {
  return allowedBy(parse(text), catalogue);
}

/** The items that meet a condition. */
export function allowedBy(condition: Expression, { rows }: Catalogue): Allowed {
  const meets = predicate(condition);
  const items = new Uint8Array(rows.length + 1);
  let refused = 0;
  rows.forEach((row, position) => {
    if (meets(row)) items[position + 1] = 1;
    else refused++;
  });
  return { items, refused };
}

/** Takes everything that is not allowed out of one row of scores. */
export function keepOnly(scores: Float32Array, { items }: Allowed): void {
  for (let index = 1; index < items.length; index++) if (items[index] === 0) scores[index] = -Infinity;
}

/** The condition as a function of an item. */
export function predicate(condition: Expression): (row: CatalogueRow) => boolean {
  switch (condition.kind) {
    case "not": {
      const meets = predicate(condition.part);
      return (row) => !meets(row);
    }
    case "and": {
      const parts = condition.parts.map(predicate);
      return (row) => parts.every((meets) => meets(row));
    }
    case "or": {
      const parts = condition.parts.map(predicate);
      return (row) => parts.some((meets) => meets(row));
    }
    case "in": {
      const { field, values } = condition;
      const strings = new Set(values.filter((value) => typeof value === "string"));
      const numbers = new Set(values.filter((value) => typeof value === "number"));
      return ({ [field]: own }) =>
        own !== undefined && (strings.has(own) || (numbers.size > 0 && numbers.has(asNumber(own))));
    }
    case "compare": {
      const { field, comparison, value } = condition;
      if (comparison === "!=") {
        const equals = comparing("=", value);
        return ({ [field]: own }) => own === undefined || !equals(own);
      }
      const holds = comparing(comparison, value);
      return ({ [field]: own }) => own !== undefined && holds(own);
    }
  }
}

function comparing(comparison: Exclude<Comparison, "!=">, value: Value): (own: string) => boolean {
  const holds = ORDER[comparison];
  if (typeof value === "string") return (own) => holds(own, value);
  return (own) => holds(asNumber(own), value); // NaN is neither equal, less nor greater
}

const ORDER: Readonly<Record<Exclude<Comparison, "!=">, <T extends Value>(a: T, b: T) => boolean>> = {
  "=": (a, b) => a === b,
  "<": (a, b) => a < b,
  "<=": (a, b) => a <= b,
  ">": (a, b) => a > b,
  ">=": (a, b) => a >= b,
};

function asNumber(text: string): number {
  return text.trim() === "" ? Number.NaN : Number(text);
}
