import { expect, test } from "vitest";
import { float32 } from "#tensor";
import { chain, clipGlobalNorm, rates, type SgdOptions, sgd } from "./index.ts";

const GRADIENTS = [
  [1, -2, 0.5],
  [0.5, 1, -1],
  [-1, 0, 2],
  [2, 1, 1],
];

/** Velocity and weights in plain numbers, as the header's formulas have them. */
function twin(
  { momentum = 0, nesterov = false }: Omit<SgdOptions, "rate">,
  rateOf: (step: number) => number,
): number[] {
  const weights = [1, 2, 3];
  const velocity = [0, 0, 0];
  GRADIENTS.forEach((gradient, at) => {
    gradient.forEach((g, element) => {
      velocity[element] = momentum * velocity[element] + g;
      const direction = nesterov ? g + momentum * velocity[element] : velocity[element];
      weights[element] -= rateOf(at + 1) * direction;
    });
  });
  return weights;
}

function trained(options: SgdOptions): Float32Array {
  const parameters = { w: float32([1, 2, 3], [3]) };
  const optimizer = sgd(options);
  const state = optimizer.init(parameters);
  GRADIENTS.forEach((gradient, at) => {
    optimizer.update(parameters, { w: { dense: Float32Array.from(gradient) } }, state, at + 1);
  });
  return parameters.w.data;
}

test.each([{}, { momentum: 0.9 }, { momentum: 0.9, nesterov: true }])(
  "four steps with %o are those of the formulas",
  (options) => {
    const rate = (step: number) => 0.1 / step;
    const expected = twin(options, rate);
    trained({ ...options, rate }).forEach((weight, at) => {
      expect(weight).toBeCloseTo(expected[at], 6);
    });
  },
);

// By hand: g = 1 twice, rate 0.1, μ = 0.5. Velocities 1 and 1.5: w = -0.1 - 0.15. Nesterov: 1 + 0.5, then 1 + 0.75.
test("two steps down a slope of 1, worked by hand", () => {
  const at = (nesterov: boolean) => {
    const parameters = { w: float32([0], [1]) };
    const optimizer = sgd({ rate: 0.1, momentum: 0.5, nesterov });
    const state = optimizer.init(parameters);
    for (const step of [1, 2]) optimizer.update(parameters, { w: { dense: Float32Array.of(1) } }, state, step);
    return parameters.w.data[0];
  };
  expect(at(false)).toBeCloseTo(-0.25, 6);
  expect(at(true)).toBeCloseTo(-0.325, 6);
});

test("a step of rows leaves the others alone, unless their velocity carries them on", () => {
  const table = () => ({ table: float32([1, 2, 3, 4, 5, 6], [3, 2]) });
  const rows = (row: number) => ({
    table: { rows: [{ indices: Int32Array.of(row, row), values: Float32Array.of(1, 0, 1, 4) }] },
  });
  const plain = table();
  const without = sgd({ rate: 0.5 });
  without.update(plain, rows(1), without.init(plain), 1);
  expect(Array.from(plain.table.data)).toEqual([1, 2, 2, 2, 5, 6]);

  const carried = table();
  const optimizer = sgd({ rate: 0.5, momentum: 0.5 });
  const state = optimizer.init(carried);
  optimizer.update(carried, rows(1), state, 1);
  optimizer.update(carried, rows(0), state, 2);
  expect(Array.from(carried.table.data)).toEqual([0, 0, 1.5, 1, 5, 6]);
});

test("clipping and rates by address are heeded", () => {
  const parameters = { w: float32([0, 0], [2]) };
  const optimizer = chain(
    clipGlobalNorm(1),
    rates(() => 2),
    sgd({ rate: 0.5, momentum: 0.9 }),
  );
  const figures = optimizer.update(parameters, { w: { dense: Float32Array.of(3, 4) } }, optimizer.init(parameters), 1);
  expect(figures).toEqual({ gradientNorm: 5, rate: 0.5 });
  expect(parameters.w.data[0]).toBeCloseTo(-0.6, 6);
  expect(parameters.w.data[1]).toBeCloseTo(-0.8, 6);
});
