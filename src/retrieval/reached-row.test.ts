import { expect, test } from "vitest";
import { Key, Stream } from "#random";
import { SparseMatrix } from "#tensor";
import { ReachedRow } from "./reached-row.ts";
import { addDecayedRows } from "./sparse.ts";

const ITEMS = 200;
const stream = new Stream(Key.of(4).fold("reached"));

/** Rows of a few columns each, in no order. */
function kernelOf(rows: number): SparseMatrix {
  const starts = new Int32Array(rows + 1);
  const columns: number[] = [];
  for (let row = 0; row < rows; row++) {
    for (let at = 0; at < 1 + stream.below(9); at++) columns.push(stream.below(rows));
    starts[row + 1] = columns.length;
  }
  const values = Float32Array.from(columns, () => stream.uniform());
  return new SparseMatrix(rows, rows, starts, Int32Array.from(columns), values);
}

test("its sums are those of a whole row, to the last bit, and it lists every item that has one", () => {
  const kernel = kernelOf(ITEMS);
  const row = new ReachedRow(ITEMS);
  for (const recent of [Int32Array.of(7, 150, 7, 31), Int32Array.of(199), new Int32Array(0), Int32Array.of(64, 0)]) {
    const plain = new Float32Array(ITEMS);
    addDecayedRows(kernel, recent, 0.7, plain, 0);
    row.clear();
    row.addDecayed(kernel, recent, 0.7);
    expect(row.sums).toEqual(plain);
    expect([...row.items()]).toEqual([...plain.keys()].filter((item) => plain[item] !== 0));
  }
});

test("the last item of a word and of the row is found, and nothing is left after clearing", () => {
  const kernel = new SparseMatrix(
    34,
    34,
    new Int32Array(35).fill(3, 1),
    Int32Array.of(33, 31, 32),
    Float32Array.of(1, 2, 3),
  );
  const row = new ReachedRow(34);
  row.addDecayed(kernel, Int32Array.of(0), 1);
  expect([...row.items()]).toEqual([31, 32, 33]);
  row.clear();
  expect([...row.items()]).toEqual([]);
  expect(row.sums.every((sum) => sum === 0)).toBe(true);
});
