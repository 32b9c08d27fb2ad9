/**
 * A row of float32 sums over a catalogue of which few items get any, and which those are, in rising order. Filling, reading
 * and clearing it cost what was reached (and a bit an item), not what there is; sums are rounded as `addRow` rounds them.
 */
import type { SparseMatrix } from "#tensor";

export class ReachedRow {
  readonly sums: Float32Array;
  /** A bit an item: something was added to it. */
  readonly #marks: Uint32Array;

  constructor(columns: number) {
    this.sums = new Float32Array(columns);
    this.#marks = new Uint32Array(Math.ceil(columns / 32));
  }

  /** Adds Σ_age decay^age · kernel[item of that age, ·], age 0 being the newest item of `recent`. */
  addDecayed(kernel: SparseMatrix, recent: Int32Array, decay: number): void {
    let weight = 1;
    for (let at = recent.length - 1; at >= 0; at--) {
      this.#add(kernel, recent[at], weight);
      weight *= decay;
    }
  }

  /** Items that something was added to, ascending. */
  items(): Int32Array {
    const marks = this.#marks;
    let count = 0;
    for (let word = 0; word < marks.length; word++) {
      for (let left = marks[word]; left !== 0; left &= left - 1) count++;
    }
    const items = new Int32Array(count);
    let at = 0;
    for (let word = 0; word < marks.length; word++) {
      for (let left = marks[word]; left !== 0; left &= left - 1) items[at++] = 32 * word + lowestBit(left);
    }
    return items;
  }

  clear(): void {
    const marks = this.#marks;
    for (let word = 0; word < marks.length; word++) {
      if (marks[word] === 0) continue;
      this.sums.fill(0, 32 * word, 32 * word + 32);
      marks[word] = 0;
    }
  }

  #add({ starts, columns, values }: SparseMatrix, row: number, weight: number): void {
    const [sums, marks] = [this.sums, this.#marks];
    const end = starts[row + 1];
    for (let at = starts[row]; at < end; at++) {
      const column = columns[at];
      sums[column] += weight * values[at];
      marks[column >>> 5] |= 1 << (column & 31);
    }
  }
}

/** The place of the lowest bit that is set. */
function lowestBit(word: number): number {
  return 31 - Math.clz32(word & -word);
}
