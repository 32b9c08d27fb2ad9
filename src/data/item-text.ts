/** What an item's row says in words: what texts of items are compared and encoded by, everywhere. */
import type { CatalogueRow } from "./catalogue.ts";

/** Title, brand and category, as far as they are known; "" where nothing is. The title stands first. */
export function itemText({ title, brand, category }: CatalogueRow): string {
  return [title, brand, category].filter((part) => part !== undefined && part !== "").join(" ");
}
