import { expect, test } from "vitest";
import { validationSample } from "./validation-sample.ts";

test("everyone is asked where that is a matter of seconds, a sample where it would be a matter of days", () => {
  expect(validationSample(22_363, 12_101)).toBe(22_363);
  expect(validationSample(1_000_000, 199_999)).toBe(20_000); // 4e9 scores over 200,000 columns
});
