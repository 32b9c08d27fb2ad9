import { expect, test } from "vitest";
import { Key, shuffled } from "./index.ts";

test("an order holds every number once and never changes silently", () => {
  expect(Array.from(shuffled(Key.of(1), 10))).toEqual([2, 1, 8, 6, 0, 7, 3, 4, 5, 9]);
  expect(Array.from(shuffled(Key.of(2), 1000)).sort((a, b) => a - b)).toEqual(
    Array.from({ length: 1000 }, (_, at) => at),
  );
  expect(Array.from(shuffled(Key.of(2), 0))).toEqual([]);
});

test("each of the 24 orders of four numbers is as likely as any other", () => {
  // χ² with 23 degrees of freedom is below 49.7 with probability 0.999.
  const counts = new Map<string, number>();
  for (let draw = 0; draw < 24_000; draw++) {
    const order = shuffled(Key.of(3).fold(draw), 4).join();
    counts.set(order, (counts.get(order) ?? 0) + 1);
  }
  expect(counts.size).toBe(24);
  expect([...counts.values()].reduce((sum, count) => sum + (count - 1000) ** 2 / 1000, 0)).toBeLessThan(49.7);
});
