/**
 * A history as text: a sentence, then a line an item, oldest first. An item's state is the one at the end of its line, which
 * has seen the lines before and nothing behind.
 *   Chosen by one customer, oldest first:⏎ - first item⏎ - second item⏎ …
 * Long histories are read in blocks that overlap by half, so that a line's text follows from the items before it alone: more
 * items behind it, or another history with the same beginning, leave its state as it is.
 */
import type { Catalogue } from "#data";
import { itemText } from "#data";
import type { TextTokenizer } from "#text";

/** Items of a block at most; beyond the first block an item has at least half of it before it. */
const BLOCK = 64;
const STRIDE = BLOCK / 2;
const LEAD = "Chosen by one customer, oldest first:\n";

/** What is read for one block: tokens, and where each of its items' lines ends. */
export interface BlockText {
  readonly ids: readonly number[];
  /** ids[0 .. ends[k]) is the text up to item k's end. */
  readonly ends: readonly number[];
}

export class ItemLines {
  readonly #lead: readonly number[];
  readonly #lines = new Map<number, readonly number[]>();
  readonly #end: readonly number[];

  /** `most`: tokens of an item's title; more are cut. */
  constructor(
    private readonly tokenizer: TextTokenizer,
    private readonly catalogue: Catalogue,
    private readonly most: number,
  ) {
    this.#lead = [...tokenizer.encode(""), ...tokenizer.tokens(LEAD)]; // what the model puts before every text, first
    this.#end = tokenizer.tokens("\n");
  }

  /** The text of items of one block. */
  text(items: ArrayLike<number>): BlockText {
    const ids = [...this.#lead];
    const ends: number[] = [];
    for (let at = 0; at < items.length; at++) {
      ids.push(...this.#lineOf(items[at]));
      ends.push(ids.length);
    }
    return { ids, ends };
  }

  #lineOf(item: number): readonly number[] {
    const known = this.#lines.get(item);
    if (known !== undefined) return known;
    const row = this.catalogue.row(item);
    const words = (row.title || itemText(row) || "(no title)").replaceAll(/\s+/g, " ");
    const line = [...this.tokenizer.tokens(`- ${words}`).slice(0, this.most), ...this.#end];
    this.#lines.set(item, line);
    return line;
  }
}

/** Where the block begins that item `at` of a history is read in. */
export function blockStart(at: number): number {
  return at < BLOCK ? 0 : STRIDE * Math.floor((at - STRIDE) / STRIDE);
}
