import { expect, test } from "vitest";
import { warmupCosine } from "./index.ts";

test("the rate rises in a line to the peak and falls along half a cosine to the minimum", () => {
  const rate = warmupCosine({ peak: 1, warmup: 0.2, totalSteps: 20, minimum: 0.1 });
  expect([1, 2, 3, 4].map(rate)).toEqual([0.25, 0.5, 0.75, 1]);
  // 17 steps from 4 to 21: half way at 12.5, between steps 12 and 13.
  expect((rate(12) + rate(13)) / 2).toBeCloseTo(0.55, 12);
  expect(rate(8)).toBeCloseTo(0.1 + 0.9 * 0.5 * (1 + Math.cos((Math.PI * 4) / 17)), 12);
  expect(rate(20)).toBeCloseTo(0.1 + 0.9 * 0.5 * (1 - Math.cos(Math.PI / 17)), 12);
  expect(rate(21)).toBeCloseTo(0.1, 12);
  expect(rate(1000)).toBeCloseTo(0.1, 12);
});

test("without warm-up it starts at its peak, and no step of a training has a rate of 0", () => {
  const rate = warmupCosine({ peak: 1e-3, warmup: 0, totalSteps: 1000 });
  expect(rate(1)).toBeCloseTo(1e-3, 7);
  for (let step = 2; step <= 1000; step++) expect(rate(step)).toBeLessThan(rate(step - 1));
  expect(rate(1000)).toBeGreaterThan(0);
  expect(warmupCosine({ peak: 1, warmup: 1, totalSteps: 4 })(4)).toBe(1);
});
