import { expect, test } from "vitest";
import { proportions } from "./proportions.ts";

test("two experts that are each right about their part of the users are weighed by those parts", () => {
  // Where shares do not overlap the likelihood is n₁ log w₁ + n₂ log w₂: its best is n / Σ n.
  const shares = [[0.5, 0], [0.1, 0], [0.9, 0], ...[0, 1].map((): number[] => [0, 0.3])];
  expect(proportions(shares, 2).weights[0]).toBeCloseTo(0.6, 6);
});

test("no other weights on a grid are likelier", () => {
  const shares = [
    [0.5, 0.1],
    [0.05, 0.2],
    [0.3, 0.25],
    [0.01, 0.4],
    [0.2, 0.02],
  ];
  const likelihood = (w: number) =>
    shares.reduce((sum, [a, b]) => sum + Math.log(w * a + (1 - w) * b), 0) / shares.length;
  const found = proportions(shares, 2);
  expect(found.likelihood).toBeCloseTo(likelihood(found.weights[0]), 9);
  for (let w = 0; w <= 1; w += 0.01) expect(likelihood(w)).toBeLessThanOrEqual(found.likelihood + 1e-6);
});

test("a target that nobody reaches says nothing, and where that is every one all weigh the same", () => {
  expect(
    proportions(
      [
        [0.5, 0],
        [0, 0],
        [0, 0.5],
      ],
      2,
    ).weights,
  ).toEqual(
    proportions(
      [
        [0.5, 0],
        [0, 0.5],
      ],
      2,
    ).weights,
  );
  expect(proportions([[0, 0]], 2)).toEqual({ weights: [0.5, 0.5], likelihood: 0 });
});
