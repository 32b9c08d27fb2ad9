import { expect, test } from "vitest";
import { Key, Stream } from "#random";
import { dense } from "../../../test/suites/dense.ts";
import { sparseNeighbours, tfIdfVectors } from "./tf-idf.ts";

test("a term weighs by how often it stands there and how few texts have it, worked out by hand", () => {
  const vectors = tfIdfVectors([["red", "red", "nail"], ["nail"], []], { minDocuments: 1 });
  const red = (1 + Math.log(2)) * (1 + Math.log(4 / 2)); // twice in one of three texts
  const nail = 1 + Math.log(4 / 3);
  const length = Math.hypot(red, nail);
  expect(dense(vectors)[0][0]).toBeCloseTo(red / length, 6);
  expect(dense(vectors)[0][1]).toBeCloseTo(nail / length, 6);
  expect(dense(vectors)[1]).toEqual([0, 1]);
  expect(dense(vectors)[2]).toEqual([0, 0]);
});

test("terms of too few texts are left out, of the length too", () => {
  const vectors = tfIdfVectors(
    [
      ["red", "nail"],
      ["nail", "nail", "oil"],
    ],
    { minDocuments: 2 },
  );
  expect(dense(vectors)).toEqual([[1], [1]]);
});

test("neighbours agree with all cosines in plain loops", () => {
  const stream = new Stream(Key.of(5).fold("texts"));
  const documents = Array.from({ length: 60 }, () =>
    Array.from({ length: stream.below(9) }, () => `t${Math.floor(stream.uniform() ** 2 * 40)}`),
  );
  const rows = dense(tfIdfVectors(documents, { minDocuments: 1 }));
  for (const topK of [1, 7, 100]) {
    const found = sparseNeighbours(tfIdfVectors(documents, { minDocuments: 1 }), topK);
    rows.forEach((row, i) => {
      const cosines = rows.map((other, j) => (i === j ? 0 : row.reduce((sum, value, t) => sum + value * other[t], 0)));
      const best = cosines.filter((cosine) => cosine > 1e-9).sort((a, b) => b - a);
      const own = [...found.values.subarray(found.starts[i], found.starts[i + 1])];
      expect(own.length).toBe(Math.min(topK, best.length));
      own.forEach((value, at) => {
        expect(value).toBeCloseTo(best[at], 5);
        expect(value).toBeCloseTo(cosines[found.columns[found.starts[i] + at]], 5);
      });
    });
  }
});

test("of equal neighbours a row keeps as many as it may, and never itself", () => {
  const found = sparseNeighbours(tfIdfVectors(Array(5).fill(["same"]), { minDocuments: 1 }), 3);
  expect([...found.starts]).toEqual([0, 3, 6, 9, 12, 15]);
  for (let row = 0; row < 5; row++) expect(found.columns.subarray(3 * row, 3 * row + 3)).not.toContain(row);
});
