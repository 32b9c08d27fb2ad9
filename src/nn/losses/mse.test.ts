import { expect, test } from "vitest";
import { bool, float32 } from "#tensor";
import { computed } from "../../../test/suites/computed.ts";
import { mse } from "./index.ts";

const inputs = { x: float32([1, 2, 3, 4, 5, 6], [3, 2]), y: float32([0, 2, 3, 2, 8, 5], [3, 2]) };

test("it is the mean of squared differences: (1 + 0 + 0 + 4 + 9 + 1) / 6", async () => {
  expect((await computed(({ x, y }) => mse(x, y), { inputs })).data[0]).toBeCloseTo(15 / 6, 6);
});

test("a mask chooses positions, each the mean over its width: ((1 + 0) / 2 + (9 + 1) / 2) / 2", async () => {
  const masked = { ...inputs, mask: bool([1, 0, 1], [3]) };
  expect((await computed(({ x, y, mask }) => mse(x, y, mask), { inputs: masked })).data[0]).toBeCloseTo(2.75, 6);
});
