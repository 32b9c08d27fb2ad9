import { expect, test } from "vitest";
import { float32, packEight } from "#tensor";
import { normals } from "../../test/suites/examples.ts";
import { EmbeddingTable } from "./embedding-table.ts";

test("rows by id, dense and packed", () => {
  const dense = EmbeddingTable.dense(float32([1, 2, 3, 4, 5, 6], [3, 2]));
  expect([...dense.rows([2, 0, 2])]).toEqual([5, 6, 1, 2, 5, 6]);
  const matrix = normals([4, 64], "table");
  const packed = EmbeddingTable.packed(packEight(matrix));
  expect([packed.count, packed.dim]).toEqual([4, 64]);
  packed.rows([3]).forEach((value, d) => {
    expect(Math.abs(value - matrix.data[3 * 64 + d])).toBeLessThan(0.02); // half of max / 127
  });
});
