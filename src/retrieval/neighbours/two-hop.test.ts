import { expect, test } from "vitest";
import { Key, Stream } from "#random";
import { SparseMatrix } from "#tensor";
import { twoHopKernel } from "./two-hop.ts";

const SIZE = 12;
const stream = new Stream(Key.of(3).fold("two-hop"));
type Dense = number[][];

function random(): Dense {
  return Array.from({ length: SIZE }, (_, row) =>
    Array.from({ length: SIZE }, () => (row > 1 && stream.uniform() < 0.3 ? 1 + stream.below(9) : 0)),
  );
}

function sparse(dense: Dense): SparseMatrix {
  const entries = dense.flatMap((row) =>
    row.map((value, column) => ({ value, column })).filter(({ value }) => value > 0),
  );
  const starts = [0];
  for (const row of dense) starts.push(starts[starts.length - 1] + row.filter((value) => value > 0).length);
  return new SparseMatrix(
    SIZE,
    SIZE,
    Int32Array.from(starts),
    Int32Array.from(entries, ({ column }) => column),
    Float32Array.from(entries, ({ value }) => value),
  );
}

function shares(dense: Dense): Dense {
  return dense.map((row) => {
    const sum = row.reduce((a, b) => a + b, 0);
    return row.map((value) => (sum > 0 ? value / sum : 0));
  });
}

const times = (a: Dense, b: Dense) =>
  a.map((row) => row.map((_, column) => row.reduce((sum, value, k) => sum + value * b[k][column], 0)));

test("a row is the dense product both ways, its own column left out, best first and no more than are kept", () => {
  const [a, b] = [random(), random()];
  const kernel = twoHopKernel(sparse(a), sparse(b), 5);
  const [there, back] = [times(shares(a), shares(b)), times(shares(b), shares(a))];
  for (let item = 0; item < SIZE; item++) {
    const expected = there[item]
      .map((value, column) => ({ column, value: value + back[item][column] }))
      .filter(({ column, value }) => column !== item && value > 0)
      .sort((left, right) => right.value - left.value)
      .slice(0, 5);
    const values = kernel.values.subarray(kernel.starts[item], kernel.starts[item + 1]);
    expect(values).toHaveLength(expected.length);
    expected.forEach(({ value }, at) => {
      expect(values[at]).toBeCloseTo(value, 5);
    });
    kernel.columns.subarray(kernel.starts[item], kernel.starts[item + 1]).forEach((column, at) => {
      expect(there[item][column] + back[item][column]).toBeCloseTo(values[at], 5);
    });
  }
});
