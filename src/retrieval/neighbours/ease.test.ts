import { expect, test } from "vitest";
import { Histories } from "#data";
import { Key, Stream } from "#random";
import type { SparseMatrix } from "#tensor";
import { gaussJordan } from "../../../test/suites/gauss-jordan.ts";
import { interactionMatrix } from "../interactions.ts";
import { easeBytes, easeKernel, takenItems } from "./ease.ts";

const runtime = { device: "cpu", threads: 1 } as const;

function dense(kernel: SparseMatrix): number[][] {
  const table = Array.from({ length: kernel.rows }, () => new Array<number>(kernel.columnCount).fill(0));
  table.forEach((row, index) => {
    for (let at = kernel.starts[index]; at < kernel.starts[index + 1]; at++)
      row[kernel.columns[at]] = kernel.values[at];
  });
  return table;
}

/** The formula over dense tables, items 1..N, whether taken or not. */
function twin(rows: number[][], items: number, lambda: number): number[][] {
  const takes = (row: number[], item: number) => Number(row.includes(item));
  const gram = Array.from({ length: items }, (_, i) =>
    Array.from({ length: items }, (_, j) =>
      rows.reduce((sum, row) => sum + takes(row, i + 1) * takes(row, j + 1), i === j ? lambda : 0),
    ),
  );
  const inverse = gaussJordan(gram);
  return inverse.map((row, i) => row.map((value, j) => (i === j ? 0 : -value / inverse[j][j])));
}

const interactionsOf = (rows: number[][], items: number) =>
  interactionMatrix(Histories.from(rows), items, { lastItems: 1000 });

test("two items, by hand", async () => {
  // G = [[2, 1], [1, 1]] + 1 = [[3, 1], [1, 2]], P = [[2, −1], [−1, 3]] / 5: B12 = 1/3, B21 = 1/2
  const kernel = await easeKernel(interactionsOf([[1, 2], [1]], 2), { lambda: 1, keep: 10, runtime });
  const table = dense(kernel);
  expect(table[1][2]).toBeCloseTo(1 / 3, 6);
  expect(table[2][1]).toBeCloseTo(1 / 2, 6);
  expect(table[1][1]).toBe(0);
});

test.each([1, 4, 5, 17, 512])(
  "it agrees with the formula in blocks of %i, items nobody took among them",
  async (block) => {
    const stream = new Stream(Key.of(2).fold("ease"));
    // Of items 1 to 20, 4, 11 and 20 are taken by nobody.
    const items = Array.from({ length: 20 }, (_, at) => at + 1).filter((item) => ![4, 11, 20].includes(item));
    const rows = Array.from({ length: 30 }, () =>
      Array.from({ length: 1 + stream.below(8) }, () => items[stream.below(items.length)]),
    );
    expect([...takenItems(interactionsOf(rows, 20))]).toEqual(items);
    const kernel = await easeKernel(interactionsOf(rows, 20), { lambda: 2.5, keep: 100, runtime, block });
    const table = dense(kernel);
    const expected = twin(rows, 20, 2.5);
    for (let i = 0; i < 20; i++) {
      for (let j = 0; j < 20; j++) expect(table[i + 1][j + 1]).toBeCloseTo(expected[i][j], 6);
    }
    expect(table[0].every((value) => value === 0)).toBe(true);
  },
);

test("of each row the weights of largest magnitude are kept, negative ones too", async () => {
  const rows = [
    [1, 2],
    [1, 2],
    [2, 3],
    [2, 3],
    [2, 3],
    [4, 3],
  ];
  const whole = dense(await easeKernel(interactionsOf(rows, 4), { lambda: 1, keep: 100, runtime }));
  const kept = dense(await easeKernel(interactionsOf(rows, 4), { lambda: 1, keep: 2, runtime }));
  for (let i = 1; i <= 4; i++) {
    const largest = [1, 2, 3, 4].toSorted((a, b) => Math.abs(whole[i][b]) - Math.abs(whole[i][a])).slice(0, 2);
    for (let j = 1; j <= 4; j++) expect(kept[i][j]).toBe(largest.includes(j) ? whole[i][j] : 0);
  }
  expect(whole[1][3]).toBeLessThan(0); // 1 and 3 only share 2, which explains it already
  expect(kept[1][3]).toBe(whole[1][3]);
});

test("nobody took anything: an empty kernel", async () => {
  const kernel = await easeKernel(interactionsOf([[]], 3), { lambda: 1, keep: 10, runtime });
  expect(kernel.values.length).toBe(0);
  expect(kernel.rows).toBe(4);
});

test("its memory is that of one triangle and what stands beside it", () => {
  // 12,101 items in blocks of 512: the triangle of panels alone is 611 MB, the dense square would be 1,171
  expect(easeBytes(12_101, 200)).toBeGreaterThan(611e6);
  expect(easeBytes(12_101, 200)).toBeLessThan(800e6);
});
