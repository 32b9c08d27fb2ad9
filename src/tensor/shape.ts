/**
 * Shapes of traced tensors. An axis is a number, or a name (B, T, past) that stands for a size known only at a run;
 * names may be joined ("B*T", "past+T") by the operations that make them and are compared as text.
 */
import { ShapeError } from "#base";

export type Dim = number | string;
export type Shape = readonly Dim[];

/** `[B, T, 64]`, as errors and printed graphs show it. */
export function showShape(shape: Shape): string {
  return `[${shape.join(", ")}]`;
}

/** Equal axis for axis; names equal themselves only. */
export function sameShape(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((dim, axis) => dim === b[axis]);
}

/** Number of elements of a shape without names. */
export function sizeOf(shape: Shape): number {
  return shape.reduce<number>((size, dim) => {
    if (typeof dim !== "number") throw new Error(`internal: the size of ${showShape(shape)} is known only at a run`);
    return size * dim;
  }, 1);
}

/** Whether every axis is a number. */
export function isConcrete(shape: Shape): shape is readonly number[] {
  return shape.every((dim) => typeof dim === "number");
}

/** What has a shape, and how errors call it. */
export interface Labelled {
  readonly shape: Shape;
  readonly label: string;
}

/** NumPy broadcasting of several shapes; an axis of 1 stretches, a missing leading axis counts as 1. */
export function broadcastShapes(who: string, ...given: readonly (Shape | Labelled)[]): Shape {
  const shapes = given.map((each) => ("label" in each ? each.shape : each));
  const rank = Math.max(...shapes.map((shape) => shape.length));
  return Array.from({ length: rank }, (_, axis) => {
    let result: Dim = 1;
    for (const shape of shapes) {
      const dim = shape[shape.length - rank + axis] ?? 1;
      if (dim === 1 || dim === result) continue;
      if (result !== 1) {
        throw new ShapeError(
          `${who}: expected shapes that broadcast, got ${given.map((each) => ("label" in each ? each.label : showShape(each))).join(" and ")}. ` +
            `From the right, each pair of axes must be equal or one of them 1; here ${result} meets ${dim}.`,
        );
      }
      result = dim;
    }
    return result;
  });
}

/** Turns an axis counted from the end (-1 is the last) into one counted from the front. */
export function normaliseAxis(who: string, axis: number, rank: number): number {
  const normal = axis < 0 ? axis + rank : axis;
  if (!Number.isInteger(axis) || normal < 0 || normal >= rank) {
    const expected = rank === 0 ? "It has no axes." : `Expected -${rank} to ${rank - 1}.`;
    throw new ShapeError(`${who}: axis ${axis} does not exist in a tensor of rank ${rank}. ${expected}`);
  }
  return normal;
}

/** The terms of a joined axis: "past+T" at "+", "2*B" at "*"; what stands in brackets stays whole. */
export function termsOf(dim: string, separator: "+" | "*"): string[] {
  const terms = [""];
  let depth = 0;
  for (const letter of dim) {
    if (letter === "(") depth++;
    if (letter === ")") depth--;
    if (letter === separator && depth === 0) terms.push("");
    else terms[terms.length - 1] += letter;
  }
  return terms;
}

/** The size an axis has in a run whose named axes have these sizes; undefined where one of them is unknown. */
export function evaluateDim(dim: Dim, sizes: ReadonlyMap<string, number>): number | undefined {
  if (typeof dim === "number") return dim;
  if (/^\d+$/.test(dim)) return Number(dim);
  const known = sizes.get(dim);
  if (known !== undefined) return known;
  for (const separator of ["+", "*"] as const) {
    const terms = termsOf(dim, separator);
    if (terms.length === 1) continue;
    return terms
      .map((term) => evaluateDim(term, sizes) ?? Number.NaN)
      .reduce((a, b) => (separator === "+" ? a + b : a * b));
  }
  return dim.startsWith("(") ? evaluateDim(dim.slice(1, -1), sizes) : undefined;
}

/** The factors of a shape's size: the product of its numbers, and its names in order. */
export function factors(shape: Shape): { readonly count: number; readonly names: string } {
  let count = 1;
  const names: string[] = [];
  for (const dim of shape) {
    if (typeof dim === "number") count *= dim;
    // A sum is one factor, in brackets.
    else
      for (const factor of termsOf(dim, "+").length > 1 ? [`(${dim})`] : termsOf(dim, "*")) {
        if (/^\d+$/.test(factor)) count *= Number(factor);
        else names.push(factor);
      }
  }
  return { count, names: names.sort().join("*") };
}

/** One axis that holds all of `dims`: their product, or "B*T" where names are among them. */
export function mergeDims(dims: Shape): Dim {
  const { count, names } = factors(dims);
  if (names === "" || count === 0) return count;
  if (count !== 1) return `${count}*${names}`;
  const alone = termsOf(names, "*").length === 1 && names.startsWith("(");
  return alone ? names.slice(1, -1) : names;
}

/** The sum of axes that are joined end to end; names are kept as text ("past+T"). */
export function addDims(dims: Shape): Dim {
  if (isConcrete(dims)) return dims.reduce((sum, dim) => sum + dim, 0);
  return dims.filter((dim) => dim !== 0).join("+");
}
