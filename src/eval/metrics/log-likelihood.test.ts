import { expect, test } from "vitest";
import { logLikelihood } from "./log-likelihood.ts";

test("the mean is over targets that have a probability", () => {
  const tally = logLikelihood.tally();
  expect(tally.value()).toBe(undefined);
  for (const logTarget of [Math.log(1 / 2), Math.log(1 / 8), -Infinity]) tally.see({ first: 1, hit: false, logTarget });
  expect(tally.value()).toBeCloseTo(-2 * Math.LN2, 12); // of 1/2 and 1/8
});
