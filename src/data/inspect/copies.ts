/** Items that are most likely one thing under several ids: the same title and brand, whatever their case and spaces. */
import type { CatalogueRow } from "../catalogue.ts";

/** For each item, by index, the number of its group of copies; 0 where it has no copy (or no title). [N + 1] */
export function groupsOfCopies(rows: readonly CatalogueRow[]): Int32Array {
  const first = new Map<string, number>();
  const groups = new Int32Array(rows.length + 1);
  let count = 0;
  rows.forEach(({ title, brand }, at) => {
    if (title === undefined) return;
    const name = `${plain(title)}\n${plain(brand ?? "")}`;
    const index = first.get(name);
    if (index === undefined) {
      first.set(name, at + 1);
      return;
    }
    if (groups[index] === 0) groups[index] = ++count;
    groups[at + 1] = groups[index];
  });
  return groups;
}

function plain(text: string): string {
  return text.trim().replace(/\s+/g, " ").toLowerCase();
}
