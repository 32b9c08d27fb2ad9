/** Rows of at most topK neighbours each, gathered one after the other into a square sparse matrix. */
import { SparseMatrix } from "#tensor";
import type { RowSum } from "../row-sum.ts";
import { selectTop } from "../select.ts";

export class NeighbourRows {
  readonly #starts: Int32Array;
  readonly #scores: Float32Array;
  #columns = new Int32Array(1024);
  #values = new Float32Array(1024);
  #row = 0;

  constructor(
    private readonly rows: number,
    private readonly topK: number,
  ) {
    this.#scores = new Float32Array(rows);
    this.#starts = new Int32Array(rows + 1);
  }

  /** The next row: the topK greatest sums above 0, best first, without the column `self`. */
  push({ touched, sums, size }: RowSum, self: number): void {
    const scores = this.#scores.subarray(0, size);
    for (let at = 0; at < size; at++) scores[at] = touched[at] === self ? -Infinity : sums[touched[at]];
    const best = selectTop(scores, this.topK);
    const first = this.#starts[this.#row++];
    this.#grow(first + best.indices.length);
    let next = first;
    for (let at = 0; at < best.indices.length && best.scores[at] > 0; at++) {
      this.#columns[next] = touched[best.indices[at]];
      this.#values[next++] = best.scores[at];
    }
    this.#starts[this.#row] = next;
  }

  /** The matrix, once every row was pushed. */
  matrix(): SparseMatrix {
    const size = this.#starts[this.rows];
    return new SparseMatrix(
      this.rows,
      this.rows,
      this.#starts,
      this.#columns.slice(0, size),
      this.#values.slice(0, size),
    );
  }

  #grow(size: number): void {
    if (size <= this.#columns.length) return;
    const room = Math.max(size, Math.min(2 * this.#columns.length, this.rows * this.topK));
    const columns = new Int32Array(room);
    const values = new Float32Array(room);
    columns.set(this.#columns);
    values.set(this.#values);
    this.#columns = columns;
    this.#values = values;
  }
}
