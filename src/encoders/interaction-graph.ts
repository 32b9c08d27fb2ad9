/**
 * Who took what in training, as the graph LightGCN propagates over.   Â = D^-1/2 [[0, R], [Rᵀ, 0]] D^-1/2
 * Nodes: user rows 0 .. U-1, then the catalogue: item i is node U + i (padding is a node without edges). R is binary,
 * whatever was taken several times; no self loops.
 * Source: arXiv 2002.02126, equations 3 and 8.
 */
import type { Histories } from "#data";
import { SparseMatrix } from "#tensor";

/** Â over the users of `histories` and a catalogue of so many items. */
export function interactionGraph(histories: Histories, catalogueSize: number): SparseMatrix {
  const { users } = histories;
  const nodes = users + catalogueSize + 1;
  const starts = new Int32Array(nodes + 1);
  for (let user = 0; user < users; user++) {
    for (const item of distinctItems(histories, user)) {
      starts[user + 1]++;
      starts[users + item + 1]++;
    }
  }
  const degree = starts.slice(1);
  for (let node = 0; node < nodes; node++) starts[node + 1] += starts[node];
  const next = starts.slice(0, -1);
  const columns = new Int32Array(starts[nodes]);
  const values = new Float32Array(starts[nodes]);
  for (let user = 0; user < users; user++) {
    for (const item of distinctItems(histories, user)) {
      const node = users + item;
      const value = 1 / Math.sqrt(degree[user] * degree[node]);
      columns[next[user]] = node;
      values[next[user]++] = value;
      columns[next[node]] = user; // users come in rising order, so that every row is sorted
      values[next[node]++] = value;
    }
  }
  return new SparseMatrix(nodes, nodes, starts, columns, values, true);
}

/** A user's items, each once, ascending. */
function distinctItems(histories: Histories, user: number): Int32Array {
  const sorted = histories.of(user).slice().sort();
  return sorted.filter((item, at) => at === 0 || item !== sorted[at - 1]);
}
