import { expect, test } from "vitest";
import { Key, Stream } from "#random";
import { ExactNearest } from "./exact.ts";

const runtime = { device: "cpu", threads: 1 } as const;

/** Whole numbers, so that every order of summation gives the same score and ties are many. */
function wholeNumbers(stream: Stream, count: number, limit: number): Float32Array {
  return Float32Array.from({ length: count }, () => stream.below(2 * limit + 1) - limit);
}

/** The slow twin: every product, sorted, equal scores by lower index. */
function byScoringAll(data: Float32Array, dim: number, query: Float32Array, topK: number): [number, number][] {
  return Array.from({ length: data.length / dim - 1 }, (_, at): [number, number] => {
    const vector = data.subarray((at + 1) * dim, (at + 2) * dim);
    return [at + 1, vector.reduce((sum, value, axis) => sum + value * query[axis], 0)];
  })
    .sort((a, b) => b[1] - a[1] || a[0] - b[0])
    .slice(0, topK);
}

test.each([
  { items: 1, dim: 3, topK: 5 },
  { items: 31, dim: 4, topK: 31 },
  { items: 33, dim: 5, topK: 10 },
  { items: 500, dim: 8, topK: 20 },
  { items: 20_000, dim: 6, topK: 20 }, // three chunks, the last filled up
])("the $topK best of $items items are those of scoring and sorting all, ties by lower index", async (size) => {
  const { items, dim, topK } = size;
  const stream = new Stream(Key.of(items).fold("nearest"));
  const data = wholeNumbers(stream, (items + 1) * dim, 3);
  data.fill(100, 0, dim); // padding must not be found, however near
  const queries = wholeNumbers(stream, 3 * dim, 3);
  await using nearest = new ExactNearest({ data, dim }, runtime);
  const { count, indices, scores } = await nearest.search(queries, topK);
  expect(count).toBe(Math.min(topK, items));
  for (let row = 0; row < 3; row++) {
    const expected = byScoringAll(data, dim, queries.subarray(row * dim, (row + 1) * dim), topK);
    expect([...indices.subarray(row * count, (row + 1) * count)]).toEqual(expected.map(([item]) => item));
    expect([...scores.subarray(row * count, (row + 1) * count)]).toEqual(expected.map(([, score]) => score));
  }
});

test("scores that are all negative are found too: what fills the last chunk up never stands before an item", async () => {
  const data = Float32Array.from({ length: 41 }, (_, row) => -row);
  await using nearest = new ExactNearest({ data, dim: 1 }, runtime);
  const { indices, scores } = await nearest.search(Float32Array.of(1), 3);
  expect([...indices]).toEqual([1, 2, 3]);
  expect([...scores]).toEqual([-1, -2, -3]);
});

test("any number of queries is answered by one compiled graph", async () => {
  const stream = new Stream(Key.of(1).fold("queries"));
  const data = wholeNumbers(stream, 101 * 4, 9);
  const queries = wholeNumbers(stream, 600 * 4, 9);
  await using nearest = new ExactNearest({ data, dim: 4 }, runtime);
  const together = await nearest.search(queries, 2);
  const alone = await nearest.search(queries.subarray(599 * 4), 2);
  expect(together.indices).toHaveLength(1200);
  expect([...alone.indices]).toEqual([...together.indices.subarray(1198)]);
  expect(nearest.compilations).toBe(1);
  expect((await nearest.search(new Float32Array(0), 2)).indices).toHaveLength(0);
});

test("tables and queries that cannot be searched say what was expected", async () => {
  expect(() => new ExactNearest({ data: new Float32Array(4), dim: 4 }, runtime)).toThrowErrorMatchingInlineSnapshot(
    `[ShapeError: nearest: expected vectors of 4 numbers for padding and at least one item, got 4 numbers. Train the model again if its vectors are damaged.]`,
  );
  expect(() => new ExactNearest({ data: Float32Array.of(0, Number.NaN), dim: 1 }, runtime)).toThrow(/NaN among them/);
  await using nearest = new ExactNearest({ data: new Float32Array(8), dim: 4 }, runtime);
  await expect(nearest.search(new Float32Array(6), 1)).rejects.toThrowErrorMatchingInlineSnapshot(
    `[ShapeError: nearest: expected queries of 4 numbers each, got 6 numbers. Queries and items must come from the same model.]`,
  );
});
