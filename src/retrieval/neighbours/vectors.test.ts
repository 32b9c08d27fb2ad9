import { expect, test } from "vitest";
import { Key, Stream } from "#random";
import { dense } from "../../../test/suites/dense.ts";
import { vectorNeighbours } from "./vectors.ts";

const runtime = { device: "cpu", threads: 1 } as const;

test("neighbours are the greatest cosines to the power, never the row itself, a row of zeros or a negative one", async () => {
  const dim = 5;
  const stream = new Stream(Key.of(2).fold("vectors"));
  const rows = Array.from({ length: 50 }, (_, row) =>
    Array.from({ length: dim }, () => (row === 0 || row === 7 ? 0 : stream.uniform() - 0.4)),
  );
  rows[9] = rows[8].map((value) => 3 * value); // the same direction
  const found = await vectorNeighbours({ data: Float32Array.from(rows.flat()), dim }, { topK: 6, power: 2 }, runtime);
  const table = dense(found);
  const cosine = (a: number[], b: number[]) => {
    return a.reduce((sum, value, k) => sum + value * b[k], 0) / (Math.hypot(...a) * Math.hypot(...b) || 1);
  };
  rows.forEach((row, i) => {
    const cosines = rows.map((other, j) => (i === j ? 0 : Math.max(0, cosine(row, other))));
    const best = [...cosines].sort((a, b) => b - a).slice(0, 6);
    const own = [...found.values.subarray(found.starts[i], found.starts[i + 1])];
    expect(own.length).toBe(best.filter((value) => value > 0).length);
    for (const [at, value] of own.entries()) expect(value).toBeCloseTo(best[at] ** 2, 5);
    for (const [j, value] of table[i].entries()) if (value > 0) expect(value).toBeCloseTo(cosines[j] ** 2, 5);
  });
  expect(table[8][9]).toBeCloseTo(1, 5);
});
