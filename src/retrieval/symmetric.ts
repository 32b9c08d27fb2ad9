/**
 * A large symmetric matrix as its lower triangle, cut into panels of whole rows: panel p holds rows p·block .. and of each
 * the columns up to the panel's last row. Half the memory of a square, and no array longer than one panel.
 */
export class Symmetric {
  readonly panels: readonly Float64Array[]; // panel p: [rows of p, end of p]

  constructor(
    readonly size: number,
    readonly block: number,
  ) {
    this.panels = Array.from({ length: Math.ceil(size / block) }, (_, panel) => {
      return new Float64Array((this.end(panel) - this.start(panel)) * this.end(panel));
    });
  }

  /** Bytes that a matrix of this size takes. */
  static bytes(size: number, block: number): number {
    let elements = 0;
    for (let start = 0; start < size; start += block) {
      const end = Math.min(size, start + block);
      elements += (end - start) * end;
    }
    return elements * Float64Array.BYTES_PER_ELEMENT;
  }

  /** First row of a panel. */
  start(panel: number): number {
    return panel * this.block;
  }

  /** The row after a panel's last, which is also the length of its rows. */
  end(panel: number): number {
    return Math.min(this.size, (panel + 1) * this.block);
  }

  /** Row `row` up to the end of its panel: a view. Beyond the diagonal it holds the same numbers as the rows below. */
  row(row: number): Float64Array {
    const panel = Math.floor(row / this.block);
    const width = this.end(panel);
    const from = (row - this.start(panel)) * width;
    return this.panels[panel].subarray(from, from + width);
  }

  /** Columns of panel `panel`, all rows of them, into `out`: [size, columns]. */
  columns(panel: number, out: Float64Array): void {
    const start = this.start(panel);
    const width = this.end(panel) - start;
    for (let row = start; row < this.size; row++) out.set(this.row(row).subarray(start, start + width), row * width);
    for (let column = 0; column < width; column++) {
      const above = this.row(start + column); // A[r, c] = A[c, r] for the rows above the panel
      for (let row = 0; row < start; row++) out[row * width + column] = above[row];
    }
  }
}
