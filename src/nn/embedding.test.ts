import { expect, test } from "vitest";
import { Key } from "#random";
import { constant, int32, sparseGradients } from "#tensor";
import { numbers } from "../../test/suites/central-differences.ts";
import { computed } from "../../test/suites/computed.ts";
import { Embedding, Weights } from "./index.ts";

test("indices become their rows", async () => {
  const weights = Weights.draw(Key.of(1));
  const layer = new Embedding(weights, 5, 3);
  const indices = int32([4, 0, 4, 2], [2, 2]);
  const rows = await computed((x) => layer.forward(x.indices), { inputs: { indices }, parameters: weights.arrays });
  expect(rows.shape).toEqual([2, 2, 3]);
  const table = numbers(weights.arrays.weight);
  expect(numbers(rows)).toEqual([4, 0, 4, 2].flatMap((row) => table.slice(row * 3, row * 3 + 3)));
});

test("its gradient is rows, never a table", () => {
  const table = new Embedding(Weights.draw(Key.of(1)), 1000, 8);
  const loss = table.forward(constant(int32([1, 2, 2], [3]))).sum();
  const [{ dense, rows }] = sparseGradients(loss, [table.weight]);
  expect(dense).toBeUndefined();
  expect(rows.map((part) => part.rows.shape)).toEqual([[3, 8]]);
});
