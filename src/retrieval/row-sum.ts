/** A dense row of sums that remembers which columns it has touched, so that clearing costs what was added. */
export class RowSum {
  readonly sums: Float64Array;
  readonly touched: Int32Array;
  size = 0;

  constructor(columns: number) {
    this.sums = new Float64Array(columns);
    this.touched = new Int32Array(columns);
  }

  /** Adds `value`, which is not 0, to `column`. */
  add(column: number, value: number): void {
    if (this.sums[column] === 0) this.touched[this.size++] = column;
    this.sums[column] += value;
  }

  clear(): void {
    for (let at = 0; at < this.size; at++) this.sums[this.touched[at]] = 0;
    this.size = 0;
  }
}
