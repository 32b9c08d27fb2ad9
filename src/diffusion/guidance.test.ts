import { expect, test } from "vitest";
import { float32 } from "#tensor";
import { computed } from "../../test/suites/computed.ts";
import { guided, type Says } from "./guidance.ts";

const conditional: Says = (noisy, step) => noisy.mul(step);
const unconditional: Says = (noisy) => noisy.mul(10);

test("it is (1 + w) times what the condition says less w times what none says", async () => {
  const { data } = await computed(({ x }) => guided(conditional, unconditional, 2)(x, 3), {
    inputs: { x: float32([1, -2], [1, 2]) },
  });
  expect([...data]).toEqual([3 * 3 - 2 * 10, -2 * (3 * 3 - 2 * 10)]);
});

test("w = 0 is the condition alone and w = −1 none, and the other is not even asked", () => {
  const never: Says = () => expect.unreachable();
  expect(guided(conditional, never, 0)).toBe(conditional);
  expect(guided(never, unconditional, -1)).toBe(unconditional);
});
