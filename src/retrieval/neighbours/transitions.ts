/**
 * Item-transition neighbours: what was taken soon after (and, at a discount, soon before) the items of a history.
 *   T_ij = Σ w(b − a)  over i at position a and j at position b of one history, 0 < b − a ≤ window, w(d) = 1/d or 1/√d
 *   K_ij = (T_ij + back · T_ji) / (pop_i^½ · pop_j^β)        s_u = Σ_age decay^age · K[item of that age, ·]
 * Source: our own training-free floor (docs/log.md has its figures beside published models); no paper.
 * Built row by row (all occurrences of i, their neighbours summed in one dense row), so that memory is the result plus
 * eight bytes an interaction, whatever the number of pairs.
 */
import type { Histories } from "#data";
import { SparseMatrix } from "#tensor";
import { RowSum } from "../row-sum.ts";

/** w(d), what two items d positions apart weigh. */
export const DISTANCES = ["1/d", "1/sqrt(d)"] as const;
export type Distance = (typeof DISTANCES)[number];

export interface TransitionOptions {
  /** Pairs further apart than this many positions are not counted. */
  readonly window: number;
  /** Only this many of each history's last items are counted. */
  readonly lastItems: number;
  /** What a pair that far apart weighs; 1/d by default. */
  readonly distance?: Distance;
  /** Weight of a pair read backwards. */
  readonly back: number;
  /** How strongly the popularity of the recommended item is divided away. */
  readonly beta: number;
}

/** The kernel K, rows and columns by catalogue index; `popularity` [N + 1] counts interactions. */
export function transitionKernel(
  histories: Histories,
  popularity: Float32Array,
  options: TransitionOptions,
): SparseMatrix {
  const rows = popularity.length;
  const occurrences = occurrencesByItem(histories, rows, options);
  const closeness = Float64Array.from(
    { length: options.window + 1 },
    (_, gap) => 1 / gap ** (options.distance === "1/sqrt(d)" ? 0.5 : 1),
  );
  const row = new RowSum(rows);
  const sum = (item: number) => {
    row.clear();
    for (let at = occurrences.starts[item]; at < occurrences.starts[item + 1]; at++) {
      const position = occurrences.positions[at];
      for (let gap = 1; gap <= occurrences.after[at]; gap++) row.add(histories.items[position + gap], closeness[gap]);
      if (options.back === 0) continue; // a zero would enter the row as a touched column
      for (let gap = 1; gap <= occurrences.before[at]; gap++) {
        row.add(histories.items[position - gap], options.back * closeness[gap]);
      }
    }
  };

  // Twice over the pairs: once to know how large the result is, once to write it. Cheaper than growing arrays.
  const starts = new Int32Array(rows + 1);
  for (let item = 0; item < rows; item++) {
    sum(item);
    starts[item + 1] = starts[item] + row.size;
  }
  const columns = new Int32Array(starts[rows]);
  const values = new Float32Array(starts[rows]);
  const divisor = Float64Array.from(popularity, (count) => Math.max(count, 1) ** options.beta);
  for (let item = 0; item < rows; item++) {
    sum(item);
    const own = Math.sqrt(Math.max(popularity[item], 1));
    for (let at = 0; at < row.size; at++) {
      const column = row.touched[at];
      columns[starts[item] + at] = column;
      values[starts[item] + at] = row.sums[column] / (own * divisor[column]);
    }
  }
  return new SparseMatrix(rows, rows, starts, columns, values);
}

/** Where every item stands, and how far its window reaches before and after it inside the same history. */
interface Occurrences {
  readonly starts: Int32Array; // [N + 2]: item i stands at positions[starts[i] .. starts[i + 1]]
  readonly positions: Int32Array;
  readonly before: Uint16Array;
  readonly after: Uint16Array;
}

function occurrencesByItem(histories: Histories, rows: number, options: TransitionOptions): Occurrences {
  const { items, ends } = histories;
  const firsts = ends.map((end, user) => Math.max(histories.starts[user], end - options.lastItems));
  const starts = new Int32Array(rows + 1);
  firsts.forEach((first, user) => {
    for (let at = first; at < ends[user]; at++) starts[items[at] + 1]++;
  });
  for (let item = 0; item < rows; item++) starts[item + 1] += starts[item];
  const next = starts.slice();
  const total = starts[rows];
  const positions = new Int32Array(total);
  const before = new Uint16Array(total);
  const after = new Uint16Array(total);
  firsts.forEach((first, user) => {
    for (let at = first; at < ends[user]; at++) {
      const slot = next[items[at]]++;
      positions[slot] = at;
      before[slot] = Math.min(options.window, at - first);
      after[slot] = Math.min(options.window, ends[user] - 1 - at);
    }
  });
  return { starts, positions, before, after };
}
