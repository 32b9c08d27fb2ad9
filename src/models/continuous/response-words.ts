/**
 * The words of a response: the catalogue's categories while several items share one; where they are names, nearly one an item,
 * the part of their paths that tells most apart and still is shared ("Brand/Tools/Saws" → "Tools/Saws"). Where no part is,
 * groups of items stand in, which have no names.
 */
import { type Catalogue, type PathPart, partOf, pathLevels } from "#data";

/** Beyond this share of the items categories are names. */
const MOST = 1 / 3;
/** Levels of a path that are looked at: a "/" inside a level makes paths that are deeper than they mean to be. */
const DEPTH = 6;

/** Each item's word, 0..names - 1, and what words are called; "" is an item without a category. */
export interface ResponseWords {
  readonly names: readonly string[];
  readonly wordOf: readonly number[];
}

/** The words that a catalogue's own categories give, undefined where none serve. */
export function responseWords({ rows, size }: Catalogue): ResponseWords | undefined {
  const categories = rows.map(({ category = "" }) => category);
  const serves = (count: number) => count >= 2 && count <= Math.max(2, size * MOST);
  const whole = worded(categories);
  if (serves(whole.names.length)) return whole;
  const parts = partsOf(categories).map((part) => worded(categories.map((category) => partOf(category, part))));
  const fit = parts.filter(({ names }) => serves(names.length));
  return fit.toSorted((a, b) => b.names.length - a.names.length)[0];
}

/** What `count` words are called; undefined for groups, also those of a run that was trained before paths had parts. */
export function namesOfWords(catalogue: Catalogue, count: number): readonly string[] | undefined {
  const names = responseWords(catalogue)?.names;
  return names?.length === count ? names : undefined;
}

function partsOf(categories: readonly string[]): readonly PathPart[] {
  const deepest = categories.reduce((most, category) => Math.max(most, pathLevels(category).length), 1);
  const levels = Array.from({ length: Math.min(DEPTH, deepest) - 1 }, (_, at) => at + 1);
  return levels.flatMap((count): PathPart[] => [
    { from: "start", levels: count },
    { from: "end", levels: count },
  ]);
}

function worded(categories: readonly string[]): ResponseWords {
  const names = [...new Set(categories)];
  const numberOf = new Map(names.map((name, at) => [name, at]));
  return { names, wordOf: categories.map((category) => numberOf.get(category) ?? 0) };
}
