import { expect, test } from "vitest";
import { float32 } from "#tensor";
import { adam, chain, clipGlobalNorm, freeze, movingAverage, rates } from "./index.ts";

const parameters = () => ({ "encoder.weight": float32([1, 2], [2]), "head.weight": float32([3], [1]) });
const gradients = () => ({
  "encoder.weight": { dense: Float32Array.of(1, 1) },
  "head.weight": { dense: Float32Array.of(3) },
});
const inEncoder = (address: string) => address.startsWith("encoder.");

test("frozen addresses have no state, no share in the norm, and keep their weights", () => {
  const given = parameters();
  const optimizer = chain(freeze(inEncoder), clipGlobalNorm(1), adam({ rate: 0.1, weightDecay: 0.1 }));
  expect([optimizer.trains("encoder.weight"), optimizer.trains("head.weight")]).toEqual([false, true]);
  const state = optimizer.init(given);
  expect(Object.keys(state)).toEqual(["first/head.weight", "second/head.weight"]);
  expect(optimizer.update(given, gradients(), state, 1)).toEqual({ gradientNorm: 3, rate: 0.1 });
  expect(given["encoder.weight"]).toEqual(parameters()["encoder.weight"]);
  expect(given["head.weight"].data[0]).toBeCloseTo(3 * 0.99 - 0.1, 6); // Adam's first step is rate · sign(g)
});

test("rates by address multiply the rate, decay included", () => {
  const given = parameters();
  const optimizer = chain(
    rates((address) => (inEncoder(address) ? 0.1 : 2)),
    adam({ rate: 0.1, weightDecay: 0.5 }),
  );
  optimizer.update(given, gradients(), optimizer.init(given), 1);
  expect(given["encoder.weight"].data[0]).toBeCloseTo(1 * (1 - 0.01 * 0.5) - 0.01, 6);
  expect(given["head.weight"].data[0]).toBeCloseTo(3 * (1 - 0.2 * 0.5) - 0.2, 6);
});

test("state arrays have their parameter's shape and are written in place, as weights are", () => {
  const given = parameters();
  const optimizer = movingAverage(0.9, chain(clipGlobalNorm(1), adam({ rate: 0.1 })));
  const state = optimizer.init(given);
  const before = Object.entries(state).map(([name, { shape, data }]) => [name, shape, data] as const);
  expect(before.map(([name, shape]) => `${name} [${shape}]`)).toEqual([
    "first/encoder.weight [2]",
    "second/encoder.weight [2]",
    "first/head.weight [1]",
    "second/head.weight [1]",
    "average/encoder.weight [2]",
    "average/head.weight [1]",
  ]);
  const weights = given["encoder.weight"].data;
  optimizer.update(given, gradients(), state, 1);
  expect(given["encoder.weight"].data).toBe(weights);
  for (const [name, , data] of before) {
    expect(state[name].data).toBe(data);
    expect(data.some((value) => value !== 0)).toBe(true);
  }
});

test("the state and the weights are all there is: saved after any step and read into a new optimizer, nothing changes", () => {
  const make = () => movingAverage(0.9, chain(clipGlobalNorm(1), adam({ rate: (step) => 0.1 / step })));
  const rows = (step: number) => ({
    table: { rows: [{ indices: Int32Array.of(step % 3, (step * 2) % 3), values: Float32Array.of(1, -step, 0.5, 2) }] },
  });
  const table = () => ({ table: float32([1, 2, 3, 4, 5, 6], [3, 2]) });
  const [straight, broken] = [table(), table()];
  const whole = make();
  const wholeState = whole.init(straight);
  let part = make();
  let partState = part.init(broken);
  for (let step = 1; step <= 6; step++) {
    whole.update(straight, rows(step), wholeState, step);
    part.update(broken, rows(step), partState, step);
    part = make();
    partState = structuredClone(partState);
  }
  expect(broken).toEqual(straight);
  expect(part.averaged(broken, partState)).toEqual(whole.averaged(straight, wholeState));
});

test("two links that would keep the same array are our own bug", () => {
  expect(() => chain(adam({ rate: 1 }), adam({ rate: 1 })).init(parameters())).toThrowErrorMatchingInlineSnapshot(
    `[Error: internal: two links of a chain keep "first/encoder.weight"]`,
  );
});
