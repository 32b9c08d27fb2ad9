/**
 * Rankers over kernels of neighbours: what stands near the last items of a history.
 *   s_e(i) = Σ_age decay_e^age · K_e[item of that age, i]
 */
import { columnsOf, exportedKernel, type Ranker } from "#recommender";
import { addDecayedRows } from "#retrieval";
import type { SparseMatrix } from "#tensor";

/** A kernel, and how fast older items lose weight in it. */
export interface NeighbourExpert {
  readonly kernel: SparseMatrix;
  readonly decay: number;
  /** Last items of a history that are looked up. */
  readonly queryLength: number;
  /** What every item has before its neighbours speak, [N + 1]. */
  readonly base?: Float32Array;
}

/** Scores by each expert from a history's last items; several experts are masses, for fusion. */
export function neighbourRanker(experts: Readonly<Record<string, NeighbourExpert>>): Ranker<Int32Array> {
  const entries = Object.entries(experts);
  const longest = Math.max(1, ...entries.map(([, { queryLength }]) => queryLength));
  return {
    experts: Object.fromEntries(entries.map(([name]) => [name, "mass"])),
    encode: async (profiles) => profiles.map(({ history }) => history.slice(-longest)),
    score: async (states, items, only) => {
      const asked = entries.filter(([name]) => only?.includes(name) !== false);
      return Object.fromEntries(asked.map(([name, expert]) => [name, scoresOf(expert, states, items)]));
    },
    sparse: {
      names: entries.flatMap(([name, { base }]) => (base === undefined ? [name] : [])),
      add: (name, recent, row) => {
        const { kernel, decay, queryLength } = experts[name];
        row.addDecayed(kernel, recent.subarray(-queryLength), decay);
      },
    },
    // What fusion needs beside the kernels (trend, popularity) is the run's, not the model's: several are not exported.
    ...(entries.length === 1 && { export: () => exported(entries[0][1]) }),
    [Symbol.asyncDispose]: async () => {},
  };
}

function exported({ kernel, decay, queryLength, base = new Float32Array(kernel.rows) }: NeighbourExpert) {
  return exportedKernel(kernel, base, decay, queryLength);
}

function scoresOf(
  { kernel, decay, queryLength, base }: NeighbourExpert,
  states: readonly Int32Array[],
  items?: Int32Array,
): Float32Array {
  const columns = kernel.rows;
  const scores = new Float32Array(states.length * columns);
  states.forEach((recent, row) => {
    if (base !== undefined) scores.set(base, row * columns);
    addDecayedRows(kernel, recent.subarray(-queryLength), decay, scores, row * columns);
  });
  return items === undefined ? scores : columnsOf(scores, columns, items);
}
