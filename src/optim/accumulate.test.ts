import { expect, test } from "vitest";
import { fillNormal, Key } from "#random";
import { float32 } from "#tensor";
import {
  accumulate,
  adam,
  type Chain,
  chain,
  clipGlobalNorm,
  freeze,
  type Gradient,
  movingAverage,
  sgd,
  warmupCosine,
} from "./index.ts";

const [ROWS, WIDTH, STEPS, K] = [6, 2, 12, 3];
const fresh = () => ({ table: drawn("table", [ROWS, WIDTH]), weight: drawn("weight", [3]), idle: drawn("idle", [2]) });

function drawn(name: string, shape: readonly number[]) {
  const data = new Float32Array(shape.reduce((size, dim) => size * dim, 1));
  fillNormal(Key.of(1).fold(name), data);
  return float32(data, shape);
}

/** A micro-batch's gradients: dense for `weight`, two rows for `table`, none for `idle`. */
function gradientsOf(step: number): Record<string, Gradient> {
  const indices = Int32Array.of(step % ROWS, (step * 5) % (ROWS - 1));
  const values = drawn(`rows ${step}`, [2, WIDTH]).data;
  return { weight: { dense: drawn(`dense ${step}`, [3]).data }, table: { rows: [{ indices, values }] } };
}

/** The gradients of one batch three times as large: the mean of three. */
function meanOf(update: number): Record<string, Gradient> {
  const parts = Array.from({ length: K }, (_, at) => gradientsOf((update - 1) * K + at + 1));
  const dense = Float32Array.from(
    { length: 3 },
    (_, at) => parts.reduce((sum, part) => sum + part.weight.dense![at], 0) / K,
  );
  const rows = parts.flatMap((part) =>
    part.table.rows!.map(({ indices, values }) => ({ indices, values: values.map((value) => value / K) })),
  );
  return { weight: { dense }, table: { rows } };
}

const OPTIMIZERS: Readonly<Record<string, (totalSteps: number) => Chain>> = {
  sgd: () => sgd({ rate: 0.1, momentum: 0.9 }),
  "clipped Adam on a schedule, averaged": (totalSteps) =>
    movingAverage(
      0.9,
      chain(clipGlobalNorm(1), adam({ rate: warmupCosine({ peak: 0.1, warmup: 0.5, totalSteps }), weightDecay: 0.1 })),
    ),
  "Adam on touched rows only": () =>
    adam({ rate: 0.1, weightDecay: 0.3, touchedOnly: (address) => address === "table" }),
};

test.each(Object.keys(OPTIMIZERS))("%s: three batches accumulated are one batch three times as large", (name) => {
  const [small, large] = [fresh(), fresh()];
  const updates = STEPS / K;
  const accumulating = accumulate(K, OPTIMIZERS[name](updates));
  const plain = OPTIMIZERS[name](updates);
  const [smallState, largeState] = [accumulating.init(small), plain.init(large)];
  for (let update = 1; update <= updates; update++) {
    let figures = {};
    for (let at = 1; at <= K; at++) {
      const step = (update - 1) * K + at;
      figures = accumulating.update(small, gradientsOf(step), smallState, step);
    }
    const expected = plain.update(large, meanOf(update), largeState, update);
    for (const [figure, value] of Object.entries(expected))
      expect(figures).toHaveProperty(figure, expect.closeTo(value, 5));
    expectNear(small, large);
    expectNear(accumulating.averaged(small, smallState), plain.averaged(large, largeState));
  }
  expect(small.idle).toEqual(fresh().idle);
});

test("between updates nothing moves, and schedules count updates", () => {
  const parameters = { w: float32([0], [1]) };
  const seen: number[] = [];
  const optimizer = accumulate(
    2,
    sgd({
      rate: (step) => {
        seen.push(step);
        return 1;
      },
    }),
  );
  const state = optimizer.init(parameters);
  const weights = [1, 3, 5, 7, 9].map((g, at) => {
    optimizer.update(parameters, { w: { dense: Float32Array.of(g) } }, state, at + 1);
    return parameters.w.data[0];
  });
  expect(weights).toEqual([0, -2, -2, -8, -8]); // means 2 and 6; the fifth batch waits
  expect(seen).toEqual([1, 2]);
});

test("saved in the middle of an update and read into a new optimizer, nothing changes", () => {
  const make = () => accumulate(K, OPTIMIZERS["Adam on touched rows only"](0));
  const [straight, broken] = [fresh(), fresh()];
  const whole = make();
  const wholeState = whole.init(straight);
  let part = make();
  let partState = part.init(broken);
  for (let step = 1; step <= STEPS; step++) {
    whole.update(straight, gradientsOf(step), wholeState, step);
    part.update(broken, gradientsOf(step), partState, step);
    part = make();
    partState = structuredClone(partState);
  }
  expect(broken).toEqual(straight);
});

test("frozen addresses are not accumulated, and one batch an update is the optimizer itself", () => {
  const inner = chain(
    freeze((address) => address === "idle"),
    sgd({ rate: 0.1 }),
  );
  const optimizer = accumulate(2, inner);
  expect(optimizer.trains("idle")).toBe(false);
  expect(Object.keys(optimizer.init(fresh()))).toEqual(["sum/table", "read/table", "sum/weight", "read/weight"]);
  expect(accumulate(1, inner)).toBe(inner);
  expect(() => accumulate(1.5, inner)).toThrowErrorMatchingInlineSnapshot(
    `[Error: internal: accumulate counts whole batches from 1 up, got 1.5]`,
  );
});

function expectNear(actual: ReturnType<Chain["averaged"]>, expected: ReturnType<Chain["averaged"]>) {
  for (const [address, { data }] of Object.entries(expected)) {
    data.forEach((value, at) => {
      expect(actual[address].data[at]).toBeCloseTo(Number(value), 5);
    });
  }
}
