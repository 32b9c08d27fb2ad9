/**
 * Scores of a ranker's experts, one user after the other. What reaches few items stands in rows that are used again for the
 * next user; only experts that score everything fill a table, of as many users as are asked together.
 */
import { ReachedRow } from "#retrieval";
import { rowsAtOnce } from "../at-once.ts";
import type { Ranker } from "../contract.ts";

/** Scores [N + 1] by expert. */
export type Scores = Readonly<Record<string, Float32Array | ReachedRow>>;

/** Asks `names` of a ranker's experts. */
export class Hearing {
  readonly #rows = new Map<string, ReachedRow>();
  readonly #dense: readonly string[];

  constructor(
    private readonly ranker: Ranker,
    names: readonly string[],
    private readonly columns: number,
  ) {
    this.#dense = denseOf(ranker, names);
    for (const name of names) if (!this.#dense.includes(name)) this.#rows.set(name, new ReachedRow(columns));
  }

  /** What is said of each of these users, by their place; it stands until the next one is asked for, and may be used up. */
  async of(states: readonly unknown[]): Promise<(at: number) => Scores> {
    const table = this.#dense.length === 0 ? {} : await this.ranker.score(states, undefined, this.#dense);
    return (at) => {
      const scores: Record<string, Float32Array | ReachedRow> = {};
      for (const name of this.#dense) scores[name] = table[name].subarray(at * this.columns, (at + 1) * this.columns);
      for (const [name, row] of this.#rows) {
        row.clear();
        this.ranker.sparse?.add(name, states[at], row);
        scores[name] = row;
      }
      return scores;
    };
  }
}

/** How many are asked at once, where experts are asked `times` each. */
export function heardAtOnce(ranker: Ranker, names: readonly string[], columns: number, times = 1): number {
  return rowsAtOnce(times * Math.max(1, denseOf(ranker, names).length) * columns);
}

function denseOf({ sparse }: Ranker, names: readonly string[]): string[] {
  return names.filter((name) => !sparse?.names.includes(name));
}
