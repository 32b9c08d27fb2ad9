import { expect, test } from "vitest";
import { similar } from "./similar.ts";

const vectors = {
  dim: 2,
  data: Float32Array.of(9, 9, /* 1 */ 1, 0, /* 2 */ 0, 5, /* 3 */ 2, 2, /* 4 */ -3, 0, /* 5 */ 0, 0),
};

test("likeness is the cosine: length does not matter, the item itself and padding are left out", () => {
  const answer = similar(vectors, 1, 10);
  expect(answer.map(({ index }) => index)).toEqual([3, 2, 5, 4]); // 45°, 90°, a zero vector, opposite
  expect(answer[0].score).toBeCloseTo(Math.SQRT1_2, 6);
  expect(answer.slice(1).map(({ score }) => score)).toEqual([0, 0, -1]);
  expect(similar(vectors, 1, 1)).toHaveLength(1);
});

test("an item outside the catalogue and a list of nothing are refused", () => {
  expect(() => similar(vectors, 6, 3)).toThrowErrorMatchingInlineSnapshot(
    `[DataError: item: item index 6 is not in the catalogue of 5 items. Expected indices from 1 to 5; leave out items the model was not trained on.]`,
  );
  expect(() => similar(vectors, 1, 0)).toThrow("topK = 0");
});
