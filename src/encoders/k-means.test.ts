import { expect, test } from "vitest";
import { Key, Stream } from "#random";
import { kMeans } from "./k-means.ts";

const stream = new Stream(Key.of(4));
const clouds = [
  [0, 0],
  [9, 0],
  [0, 9],
];
const points = Float32Array.from(
  { length: 90 * 2 },
  (_, at) => clouds[Math.floor(at / 2) % 3][at % 2] + stream.uniform(),
);

test("three clouds are three groups, whose centres are their means", () => {
  const { groupOf, centres } = kMeans(points, 2, 3, Key.of(1));
  for (let row = 3; row < 90; row++) expect(groupOf[row]).toBe(groupOf[row % 3]);
  for (const [cloud, [x, y]] of clouds.entries()) {
    expect(centres[groupOf[cloud] * 2]).toBeCloseTo(x + 0.5, 0);
    expect(centres[groupOf[cloud] * 2 + 1]).toBeCloseTo(y + 0.5, 0);
  }
});

test("every vector is with its nearest centre, and the same key gives the same groups", () => {
  const { groupOf, centres } = kMeans(points, 2, 7, Key.of(2));
  for (let row = 0; row < 90; row++) {
    const far = Array.from({ length: 7 }, (_, group) =>
      Math.hypot(points[row * 2] - centres[group * 2], points[row * 2 + 1] - centres[group * 2 + 1]),
    );
    expect(far[groupOf[row]]).toBe(Math.min(...far));
  }
  expect(kMeans(points, 2, 7, Key.of(2)).groupOf).toEqual(groupOf);
});

test("more groups than vectors are as many as there are vectors, equal vectors included", () => {
  const { centres } = kMeans(Float32Array.of(1, 1, 1, 1, 5, 5), 2, 8, Key.of(3));
  expect(centres.length / 2).toBe(3);
});
