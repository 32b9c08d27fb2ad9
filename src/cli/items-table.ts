/** Lists of items as people read them: titles first, ids where there are none. */
import type { ListedItem, Model } from "#experiment";
import { table } from "./words.ts";

/** Longer titles are cut: a row should stay a row. */
const LONGEST_TITLE = 60;

export function itemsTable(items: readonly ListedItem[], { pipeline: { catalogue } }: Model): string {
  const rows = items.map(({ item, score, title }, at) => {
    const { category = "" } = catalogue.row(catalogue.indexOf(item) ?? 0) ?? {};
    return [String(at + 1), shortened(title ?? ""), shortened(category), item, score.toPrecision(4)];
  });
  const headings = ["#", "title", "category", "item", "score"];
  const used = headings.map((_, column) => rows.some((row) => row[column] !== ""));
  const chosen = (cells: readonly string[]) => cells.filter((_, column) => used[column]);
  return table(chosen(headings), rows.map(chosen));
}

export function shortened(title: string): string {
  return title.length <= LONGEST_TITLE ? title : `${title.slice(0, LONGEST_TITLE - 1).trimEnd()}…`;
}
