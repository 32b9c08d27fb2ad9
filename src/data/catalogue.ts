/** What is sold: row 0 is padding, rows 1..N are items. Ids are the outside world's strings. */
import { DataError } from "#base";

/** One item as the outside world describes it. */
export interface CatalogueRow {
  readonly item: string;
  readonly title?: string;
  readonly brand?: string;
  readonly category?: string;
}

/** All items, by index and by outside id. */
export class Catalogue {
  readonly #indexOf = new Map<string, number>();

  /** `rows[0]` is the item of index 1. */
  constructor(readonly rows: readonly CatalogueRow[]) {
    rows.forEach((row, position) => {
      if (this.#indexOf.has(row.item)) {
        throw new DataError(`catalogue: item "${row.item}" is listed twice. Every id must stand once.`, {
          code: "duplicate-item",
          field: "item",
        });
      }
      this.#indexOf.set(row.item, position + 1);
    });
  }

  /** N, the number of items; indices run from 1 to N. */
  get size(): number {
    return this.rows.length;
  }

  /** The index of an outside id, or undefined when the catalogue does not have it. */
  indexOf(item: string): number | undefined {
    return this.#indexOf.get(item);
  }

  /** The row of an index, 1..N. */
  row(index: number): CatalogueRow {
    return this.rows[index - 1];
  }

  /** The outside id of an index, 1..N. */
  idOf(index: number): string {
    return this.rows[index - 1].item;
  }
}
