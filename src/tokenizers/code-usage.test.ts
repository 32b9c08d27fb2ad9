import { expect, test } from "vitest";
import { codeUsage } from "./code-usage.ts";

test("usage counts codes, perplexity weighs them, and items with the same codes collide", () => {
  // Four items, two books of four codes: (0,0), (0,1), (1,1), (0,1).
  const usage = codeUsage(Int32Array.from([0, 0, 0, 1, 1, 1, 0, 1]), 2, 4);
  expect(usage.used).toEqual([0.5, 0.5]);
  const bits = -(0.75 * Math.log2(0.75) + 0.25 * Math.log2(0.25)); // three of one, one of the other, in both books
  expect(usage.perplexity[0]).toBeCloseTo(2 ** bits, 10);
  expect(usage.collisions).toBe(0.5);
  expect(codeUsage(new Int32Array(0), 2, 4)).toEqual({ used: [0, 0], perplexity: [1, 1], collisions: 0 });
});
