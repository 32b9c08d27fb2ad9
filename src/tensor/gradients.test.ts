import { expect, test } from "vitest";
import { checkGradients } from "../../test/suites/central-differences.ts";
import { compile } from "./compile.ts";
import { type Arrays, float32, int32, type NdArray } from "./dtype.ts";
import { gradients, sparseGradients } from "./gradients.ts";
import { layerNorm } from "./primitives/index.ts";
import { concat } from "./primitives/layout.ts";
import { constant, input, parameter, type Tensor } from "./tensor.ts";

const runtime = { device: "cpu", threads: 1 } as const;

/** Compiles and runs once; outputs as numbers. */
async function evaluate(
  trace: (inputs: Readonly<Record<string, Tensor>>) => Readonly<Record<string, Tensor>>,
  inputs: Arrays,
  parameters: Arrays = {},
): Promise<Record<string, number[]>> {
  await using compiled = compile("test", trace, { runtime, parameters });
  const outputs: Record<string, NdArray> = await compiled.run(inputs);
  return Object.fromEntries(
    Object.entries(outputs).map(([name, { data }]) => [name, Array.from(data as Float32Array, Number)]),
  );
}

const x = float32([2, -3], [2]);

test("a leaf that is reached on several ways gets the sum: d/dx Σ x³ + x·x + x = 3x² + 2x + 1", async () => {
  const { slope } = await evaluate(
    ({ x }) => ({ slope: gradients(x.mul(x).mul(x).add(x.mul(x)).add(x).sum(), [x])[0] }),
    { x },
  );
  expect(slope).toEqual([12 + 4 + 1, 27 - 6 + 1]);
});

test("no gradient flows through stopGradient, comparisons, floor and integers", async () => {
  const { stopped, compared, whole } = await evaluate(
    ({ x }) => ({
      stopped: gradients(x.mul(x.stopGradient()).sum(), [x])[0], // x, not 2x
      compared: gradients(x.mul(x.greater(0).cast("float32")).sum(), [x])[0],
      whole: gradients(x.floor().add(x.cast("int32").cast("float32")).sum(), [x])[0],
    }),
    { x },
  );
  expect(stopped).toEqual([2, -3]);
  expect(compared).toEqual([1, 0]);
  expect(whole).toEqual([0, 0]);
});

test("several losses are differentiated in one graph, each by its own leaves or all together", async () => {
  const results = await evaluate(
    ({ x, y }) => {
      const [first, second] = [x.mul(y).sum(), y.mul(y).mul(0.5).sum()];
      return {
        alone: gradients(second, [y])[0],
        other: gradients(first, [y])[0],
        both: gradients(first.add(second.mul(10)), [y])[0],
      };
    },
    { x, y: float32([1, 4], [2]) },
  );
  expect(results).toEqual({ alone: [1, 4], other: [2, -3], both: [12, 37] });
});

test("a leaf that the loss does not depend on gets zeros, or nothing where rows are kept apart", async () => {
  const [table, loss] = [parameter("table", [3, 2]), input("x", [2], "float32").sum()];
  expect(sparseGradients(loss, [table])).toEqual([{ rows: [] }]);
  const { none } = await evaluate(({ x }) => ({ none: gradients(x.sum(), [table])[0] }), { x });
  expect(none).toEqual([0, 0, 0, 0, 0, 0]);
});

test("a gradient may be asked for at the loss itself and at a value on the way", async () => {
  const { atLoss, onTheWay, further } = await evaluate(
    ({ x }) => {
      const squares = x.mul(x);
      const loss = squares.mul(3).sum();
      const [atLoss, onTheWay, further] = gradients(loss, [loss, squares, x]);
      return { atLoss, onTheWay, further };
    },
    { x },
  );
  expect({ atLoss, onTheWay, further }).toEqual({ atLoss: [1], onTheWay: [3, 3], further: [12, -18] });
});

test("rows gathered from a weight stay rows: as many as were asked for, beside the dense part", async () => {
  const table = parameter("table", [4, 2]);
  const trace = ({ rows, again }: Readonly<Record<string, Tensor>>) => {
    const looked = table.gather(rows).sum().add(table.gather(again).mul(10).sum()); // [2, 2, 2] and [1, 2]
    return looked.add(table.mul(table).sum().mul(0.5));
  };
  const [{ dense, rows }] = sparseGradients(
    trace({ rows: input("rows", [2, 2], "int32"), again: input("again", [1], "int32") }),
    [table],
  );
  expect(dense?.shape).toEqual([4, 2]);
  const shapes = rows.map((part) => [part.indices.shape, part.rows.shape]);
  expect(shapes).toContainEqual([[4], [4, 2]]);
  expect(shapes).toContainEqual([[1], [1, 2]]);
  expect(rows.length).toBe(2);

  const weights = float32([0, 1, 2, 3, 4, 5, 6, 7], [4, 2]);
  const { total } = await evaluate(
    (traced) => ({ total: gradients(trace(traced), [table])[0] }),
    { rows: int32([0, 3, 3, 3], [2, 2]), again: int32([3], [1]) },
    { table: weights },
  );
  // w from the square; row 0 was looked up once, row 3 three times and once more tenfold.
  expect(total).toEqual([0 + 1, 1 + 1, 2, 3, 4, 5, 6 + 13, 7 + 13]);
});

test("what is gathered from a computed table flows back through the computation", async () => {
  const table = parameter("table", [3, 2]);
  const report = await checkGradients({
    name: "gather of a product",
    trace: ({ x, rows }) => table.mul(2).add(x).gather(rows).add(table.gather(rows)),
    inputs: { x: float32([0.5, -1], [2]), rows: int32([1, 1, 2], [3]) },
    parameters: { table: float32([1, 2, 3, 4, 5, 6], [3, 2]) },
    leaves: [table],
  });
  expect(report.error).toBeLessThan(1e-9);
});

test("a block of a transformer differentiates: attention, norm, split, concat, a skipped connection", async () => {
  const names = { scale: [4], shift: [4], weight: [12, 4], bias: [12] } as const;
  const leaves = Object.entries(names).map(([address, shape]) => parameter(address, shape));
  const [scale, shift, weight, bias] = leaves;
  const wave = (shape: readonly number[], at: number) =>
    float32(
      Array.from({ length: shape.reduce((size, dim) => size * dim, 1) }, (_, n) => Math.sin(1.7 * n + at)),
      shape,
    );
  const report = await checkGradients({
    name: "block",
    trace: ({ x, mask }) => {
      const parts = x.layerNorm(scale, shift, 1e-5).affine(weight, bias).split(2, [4, 4, 4]);
      const [query, key, value] = parts.map((part) => part.reshape([2, 3, 2, 2]).swap(1, 2));
      const weights = query.matmul(key, { transposeB: true, scale: 0.7 }).add(mask).softmax();
      return x.add(concat([weights.matmul(value).swap(1, 2).reshape([2, 3, 4]), x], 2).slice(2, 0, 4));
    },
    inputs: { x: wave([2, 3, 4], 0), mask: float32([0, -1e9, -1e9, 0, 0, -1e9, 0, 0, 0], [3, 3]) },
    constants: ["mask"],
    parameters: Object.fromEntries(Object.entries(names).map(([address, shape], at) => [address, wave(shape, at)])),
    leaves,
  });
  expect(report.error).toBeLessThan(1e-8);
  expect(report.error32).toBeLessThan(1e-5);
});

test("unused parts of a split get zeros", async () => {
  const { slope } = await evaluate(({ x }) => ({ slope: gradients(x.split(0, [1, 1])[1].mul(5).sum(), [x])[0] }), {
    x,
  });
  expect(slope).toEqual([0, 5]);
});

test("long chains and shared values take linear time and no stack: 2^40 ways, 5,000 steps", async () => {
  const { doubled, slope } = await evaluate(
    ({ one }) => {
      let shared = one;
      for (let step = 0; step < 40; step++) shared = shared.add(shared);
      let long = one;
      for (let step = 0; step < 5000; step++) long = long.add(1);
      const [doubled] = gradients(shared.sum(), [one]);
      return { doubled, slope: gradients(long.sum(), [one])[0] };
    },
    { one: float32([1], [1]) },
  );
  expect(doubled).toEqual([2 ** 40]);
  expect(slope).toEqual([1]);
});

test("only a number can be differentiated", () => {
  expect(() => gradients(input("x", [2], "float32"), [])).toThrowErrorMatchingInlineSnapshot(
    `[ShapeError: gradients: expected a loss of shape [], got [2]. Reduce it with mean() or sum().]`,
  );
});

test("a gradient that reaches an output whose rule is not written is our bug, and loud", () => {
  const weights = [constant(float32([1, 1], [2])), constant(float32([0, 0], [2]))];
  const features = input("x", [3, 2], "float32");
  const [, mean] = layerNorm.all([features, ...weights], { epsilon: 1e-5 });
  expect(() => gradients(mean.sum(), [features])).toThrow("internal: output 1 of layerNorm carries no gradient");
});

test("gradients of named axes are an error where a rule needs their size", () => {
  const named = input("x", ["B", 3], "float32");
  expect(() => gradients(named.mean(), [named])).toThrowErrorMatchingInlineSnapshot(
    `[ShapeError: gradient of mean: expected numbers for every axis of input "x" [B, 3]; a gradient needs sizes that are known while tracing.]`,
  );
  expect(() => gradients(named.slice(0, -1).sum(), [named])).toThrowErrorMatchingInlineSnapshot(
    `[ShapeError: gradient of slice: expected numbers for every axis of input "x" [B, 3]; a gradient needs sizes that are known while tracing.]`,
  );
  expect(() => gradients(concat([named, named], 0).sum(), [named])).toThrowErrorMatchingInlineSnapshot(
    `[ShapeError: gradient of concat: expected numbers for every axis of input "x" [B, 3]; a gradient needs sizes that are known while tracing.]`,
  );
});
