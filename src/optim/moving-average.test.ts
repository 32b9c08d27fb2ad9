import { expect, test } from "vitest";
import { float32 } from "#tensor";
import { adam, chain, freeze, movingAverage } from "./index.ts";

test("the average follows the recurrence, quickly at first and with its decay later", () => {
  const parameters = { w: float32([1], [1]) };
  const optimizer = movingAverage(0.5, adam({ rate: 0.1 }));
  const state = optimizer.init(parameters);
  let expected = 1; // starts at the weights
  for (let step = 1; step <= 12; step++) {
    optimizer.update(parameters, { w: { dense: Float32Array.of(1) } }, state, step);
    const decay = Math.min(0.5, (1 + step) / (10 + step)); // 2/11, 3/12, … 0.5 from step 8 on
    expected = decay * expected + (1 - decay) * parameters.w.data[0];
    expect(optimizer.averaged(parameters, state).w.data[0]).toBeCloseTo(expected, 6);
  }
  expect(parameters.w.data[0]).toBeCloseTo(1 - 12 * 0.1, 5); // the trained weights themselves are not averaged
});

test("what is not trained is served as it is", () => {
  const parameters = { "a.weight": float32([1], [1]), "b.weight": float32([2], [1]) };
  const optimizer = movingAverage(
    0.9,
    chain(
      freeze((address) => address.startsWith("a.")),
      adam({ rate: 0.1 }),
    ),
  );
  const averaged = optimizer.averaged(parameters, optimizer.init(parameters));
  expect(averaged["a.weight"]).toBe(parameters["a.weight"]);
  expect(averaged["b.weight"]).not.toBe(parameters["b.weight"]);
  expect(averaged["b.weight"]).toEqual(parameters["b.weight"]);
});

test("a decay of 0 is no average: the weights themselves are served", () => {
  const parameters = { w: float32([1], [1]) };
  const optimizer = movingAverage(0, adam({ rate: 0.1 }));
  expect(optimizer.averaged(parameters, optimizer.init(parameters)).w).toBe(parameters.w);
});
