/** Who took what, as a sparse matrix: the R of item-to-item models. */
import type { Histories } from "#data";
import { SparseMatrix } from "#tensor";

export interface InteractionOptions {
  /** Only this many of each history's last items count. */
  readonly lastItems: number;
  /** An item taken n times stands with n instead of 1. */
  readonly counts?: boolean;
}

/** R [users, N + 1]: one entry for each item of a history, in the order of first appearance; columns by catalogue index. */
export function interactionMatrix(histories: Histories, items: number, options: InteractionOptions): SparseMatrix {
  const { lastItems, counts = false } = options;
  const starts = new Int32Array(histories.users + 1);
  const columns = new Int32Array(histories.interactions);
  const values = new Float32Array(columns.length);
  const slots = new Int32Array(items + 1).fill(-1); // where an item's entry stands; of an earlier user if before starts[user]
  let next = 0;
  for (let user = 0; user < histories.users; user++) {
    const end = histories.ends[user];
    for (let at = Math.max(histories.starts[user], end - lastItems); at < end; at++) {
      const item = histories.items[at];
      if (slots[item] < starts[user]) {
        slots[item] = next;
        columns[next] = item;
        values[next++] = 1;
      } else if (counts) values[slots[item]]++;
    }
    starts[user + 1] = next;
  }
  return new SparseMatrix(histories.users, items + 1, starts, columns.slice(0, next), values.slice(0, next));
}
