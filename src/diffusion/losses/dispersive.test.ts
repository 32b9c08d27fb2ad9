import { expect, test } from "vitest";
import { type Init, Weights } from "#nn";
import { sgd } from "#optim";
import { fillNormal, Key } from "#random";
import { constant, float32, type Tensor } from "#tensor";
import { checkGradients } from "../../../test/suites/central-differences.ts";
import { computed } from "../../../test/suites/computed.ts";
import { stageOf, TrainingStep } from "../../../test/suites/training-step.ts";
import { dispersive } from "./dispersive.ts";

const [B, D] = [7, 3];
const rows = new Float32Array(B * D);
fillNormal(Key.of(1), rows);

const distance = (data: ArrayLike<number>, i: number, j: number) =>
  Array.from({ length: D }, (_, k) => (data[i * D + k] - data[j * D + k]) ** 2).reduce((sum, each) => sum + each);

const value = async (data: ArrayLike<number>, temperature?: number) => {
  const given = { inputs: { r: float32(Array.from(data), [data.length / D, D]) } };
  return Number((await computed(({ r }) => dispersive(r, temperature), given)).data[0]);
};

test("it is the log of the mean over all pairs of exp(−distance / (D τ))", async () => {
  for (const temperature of [1, 0.5]) {
    let sum = 0;
    for (let i = 0; i < B; i++) {
      for (let j = 0; j < B; j++) sum += Math.exp(-distance(rows, i, j) / (D * temperature));
    }
    expect(await value(rows, temperature)).toBeCloseTo(Math.log(sum / (B * B)), 5);
  }
});

test("it is 0 where all are equal, −log B where all are far apart, and between them otherwise", async () => {
  const equal = Array.from({ length: B * D }, (_, at) => [5, -3, 0.1][at % D]);
  expect(await value(equal)).toBeCloseTo(0, 5);
  expect(await value(rows.map((each) => each * 1000))).toBeCloseTo(-Math.log(B), 5);
  const one = equal.map((each, at) => (at === 0 ? each + 0.5 : each)); // one number of one row
  for (const data of [one, rows]) {
    expect(await value(data)).toBeLessThan(-0.001);
    expect(await value(data)).toBeGreaterThan(-Math.log(B));
  }
});

test("rows far from the origin disperse as they would around it", async () => {
  expect(await value(rows.map((each) => each + 100))).toBeCloseTo(await value(rows), 3);
});

test("one step of gradient descent on it moves a batch apart", async () => {
  const weights = Weights.draw(Key.of(2));
  const start: Init = (_, data) => data.set(rows);
  const table = weights.tensor("table", [B, D], start);
  const stage = stageOf("dispersive", (model: Tensor) => ({ total: dispersive(model) }));
  const runtime = { device: "cpu", threads: 1 } as const;
  await using step = new TrainingStep(stage, table, weights, sgd({ rate: 0.1 }), runtime);
  const spread = () => {
    let sum = 0;
    for (let i = 0; i < B; i++) {
      for (let j = 0; j < i; j++) sum += Math.sqrt(distance(weights.arrays.table.data as Float32Array, i, j));
    }
    return sum / ((B * (B - 1)) / 2);
  };
  const before = spread();
  await step.take({}, Key.of(3), 1);
  expect(spread()).toBeGreaterThan(before * 1.005);
});

test("its gradients are those of central differences", async () => {
  const trace = ({ r }: Readonly<Record<string, Tensor>>) => dispersive(r, 0.7);
  const report = await checkGradients({ name: "dispersive", trace, inputs: { r: float32(rows, [B, D]) } });
  expect(report.error).toBeLessThan(1e-6);
  expect(report.error32).toBeLessThan(1e-5);
});

test("a history's positions must be flattened first", () => {
  const r = constant(float32(new Float32Array(12), [2, 2, 3]));
  expect(() => dispersive(r)).toThrowErrorMatchingInlineSnapshot(
    `[ShapeError: dispersive: expected representations of shape [B, D], both numbers, got float32 [2, 2, 3]. Flatten the positions of a history first.]`,
  );
});
