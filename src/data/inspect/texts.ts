/** Whether item texts are fit to be read: what is missing, shared, empty of meaning, or full of markup. */
import type { CatalogueRow } from "../catalogue.ts";
import { groupsOfCopies } from "./copies.ts";

/** Numbers of items, unless said otherwise. */
export interface TextQuality {
  readonly withoutTitle: number;
  readonly withoutBrand: number;
  readonly withoutCategory: number;
  /** Items that share their title with another one. */
  readonly repeatedTitles: number;
  /** Items that share title and brand with another one: most likely one thing under two ids. */
  readonly copies: number;
  /** Items whose category says no more than their title. */
  readonly categoryIsTitle: number;
  /** Items whose title has no letter: a number or a code. */
  readonly titleWithoutLetters: number;
  /** Items with leftovers of HTML in a text. */
  readonly html: number;
  /** Words of a title: the median and the most. */
  readonly titleWords: { readonly median: number; readonly max: number };
  /** How many different ones there are. */
  readonly categories: number;
  readonly brands: number;
}

/** Looks at the texts of a catalogue. */
export function textQuality(rows: readonly CatalogueRow[]): TextQuality {
  const titles = new Map<string, number>();
  const categories = new Set<string>();
  const brands = new Set<string>();
  const quality = {
    withoutTitle: 0,
    withoutBrand: 0,
    withoutCategory: 0,
    categoryIsTitle: 0,
    titleWithoutLetters: 0,
    html: 0,
  };
  const words: number[] = [];
  for (const { title, brand, category } of rows) {
    if (title === undefined) quality.withoutTitle++;
    else {
      titles.set(title, (titles.get(title) ?? 0) + 1);
      words.push(title.trim().split(/\s+/).length);
      if (!/\p{L}/u.test(title)) quality.titleWithoutLetters++;
    }
    if (brand === undefined) quality.withoutBrand++;
    else brands.add(brand);
    if (category === undefined) quality.withoutCategory++;
    else categories.add(category);
    if (title !== undefined && title === category) quality.categoryIsTitle++;
    if ([title, brand, category].some((text) => text !== undefined && HTML.test(text))) quality.html++;
  }
  let repeatedTitles = 0;
  for (const count of titles.values()) if (count > 1) repeatedTitles += count;
  words.sort((a, b) => a - b);
  return {
    ...quality,
    repeatedTitles,
    copies: groupsOfCopies(rows).filter((group) => group > 0).length,
    titleWords: { median: words[words.length >> 1] ?? 0, max: words.at(-1) ?? 0 },
    categories: categories.size,
    brands: brands.size,
  };
}

/** A tag, or an entity that was written twice (`&amp;quot;` decodes to `&quot;`). */
const HTML = /<\/?[a-z][^<>]*>|&(?:[a-z]{2,8}|#\d+);/i;
