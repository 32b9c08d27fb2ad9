import { expect, test } from "vitest";
import { checkGradients } from "../../test/suites/central-differences.ts";
import { compile } from "./compile.ts";
import { float32, type NdArray, type TypedArray } from "./dtype.ts";
import { gradients } from "./gradients.ts";
import "./primitives/index.ts";
import { partition } from "./partition.ts";
import { SparseMatrix } from "./primitives/sparse.ts";
import { constant, type Draw, drawn, input, parameter, type Tensor } from "./tensor.ts";

const runtime = { device: "cpu", threads: 1 } as const;
const numbers = (array: NdArray) => Array.from(array.data as Float32Array, Number);

// [[1, 0], [0, 2], [3, 0]] and [[0, 1, 1], [1, 0, 0]]
const tall = new SparseMatrix(3, 2, Int32Array.of(0, 1, 2, 3), Int32Array.of(0, 1, 0), Float32Array.of(1, 2, 3));
const wide = new SparseMatrix(2, 3, Int32Array.of(0, 2, 3), Int32Array.of(1, 2, 0), Float32Array.of(1, 1, 1));
const x = float32([1, 2], [2, 1]);

test("a sparse product runs between two graphs", async () => {
  await using between = compile("between", ({ x }) => ({ y: x.add(1).sparseProduct(tall).mul(10) }), { runtime });
  // tall · [2, 3] = [2, 6, 6]
  expect((await between.run({ x })).y).toEqual(float32([20, 60, 60], [3, 1]));
  expect(between.print({ x })).toMatchInlineSnapshot(`
    "graph between
      in x: float32 [2, 1]
      %0 = Add(x, 1:float32)
      >between 1 = Identity(%0)
      out >between 1: float32 [2, 1]
    host <between 2 = sparseProduct(between 1) matrix="sparse 3 x 2, 3 entries"
    graph between/1
      in <between 2: float32 [3, 1]
      %0 = Mul(<between 2, 10:float32)
      >y = Identity(%0)
      out >y: float32 [3, 1]
    "
  `);
});

test("the gradient of a sparse product is the product with the transposed matrix", async () => {
  const report = await checkGradients({
    name: "two hops",
    trace: ({ x, scale }) => x.mul(scale).sparseProduct(tall).sigmoid().sparseProduct(wide).mul(scale),
    inputs: { x: float32([0.3, -1, 2, 0.5], [2, 2]), scale: float32([0.7, 1.3], [2]) },
  });
  expect(report.error).toBeLessThan(1e-9);
  expect(report.error32).toBeLessThan(1e-6);
});

test("host calls in sequence and beside each other, read by later graphs, by calls and by the caller", async () => {
  const trace = ({ x }: Readonly<Record<string, Tensor>>) => {
    const direct = x.sparseProduct(tall); // an input goes straight to the host
    const again = direct.sparseProduct(wide); // and its result straight to the next call
    const beside = x.mul(2).sparseProduct(tall);
    const late = beside.add(direct).sparseProduct(wide); // waits for a graph between
    return { direct, again, beside, late, all: again.add(late).add(x) };
  };
  await using calls = compile("calls", trace, { runtime });
  const { direct, again, beside, late, all } = await calls.run({ x });
  expect(numbers(direct)).toEqual([1, 4, 3]);
  expect(numbers(again)).toEqual([7, 1]);
  expect(numbers(beside)).toEqual([2, 8, 6]);
  expect(numbers(late)).toEqual([21, 3]); // wide · [3, 12, 9]
  expect(numbers(all)).toEqual([7 + 21 + 1, 1 + 3 + 2]);
});

test("each graph computes its own level and is fed what was computed before", () => {
  const leaf = input("x", [2, 1], "float32");
  const before = leaf.add(1);
  const product = before.sparseProduct(tall);
  const after = product.mul(before.sum());
  expect(partition([after])).toEqual([
    { cuts: [], outputs: [before, expect.objectContaining({ shape: [] })], calls: [callOf(product)] },
    { cuts: [product, expect.objectContaining({ shape: [] })], outputs: [after], calls: [] },
  ]);
});

function callOf(tensor: Tensor) {
  return tensor.source.kind === "output" ? tensor.source.node : undefined;
}

test("weights, constants and draws go straight to the host too, in both precisions", async () => {
  const draw: Draw = { label: "key", fill: (key, data) => data.fill(key as never) };
  const trace = () => ({
    weight: parameter("w", [2, 1]).sparseProduct(tall),
    number: constant(float32([1, 2], [2, 1]))
      .sparseProduct(tall)
      .mul(0.1),
    drawn: drawn([2, 1], "float32", draw).sparseProduct(tall),
  });
  for (const double of [false, true]) {
    await using direct = compile("direct", trace, { runtime, double, parameters: { w: x } });
    const outputs = await direct.run({}, 5);
    expect(numbers(outputs.weight)).toEqual([1, 4, 3]);
    expect(numbers(outputs.drawn)).toEqual([5, 10, 15]);
    expect(outputs.number.dtype).toBe(double ? "float64" : "float32");
    expect(outputs.number.data[1]).toBeCloseTo(0.4, double ? 15 : 6);
  }
});

test("what is drawn is drawn once in a run, whichever graphs read it, for shapes known only at a run too", async () => {
  const fills: number[] = [];
  const draw: Draw = {
    label: "counted",
    fill: (key, data: TypedArray) => {
      fills.push(data.length);
      data.fill(Number(key) as never);
    },
  };
  const trace = ({ x }: Readonly<Record<string, Tensor>>) => {
    const noise = drawn([x.shape[0], "2*B"], "float32", draw);
    return { noise, sum: noise.sum().add(noise.sum(1).slice(0, 0, 1).reshape([1, 1]).sparseProduct(single).sum()) };
  };
  const single = new SparseMatrix(1, 1, Int32Array.of(0, 1), Int32Array.of(0), Float32Array.of(1));
  await using drawing = compile("drawing", trace, { runtime, axes: { x: ["B"] } });
  const { noise, sum } = await drawing.run({ x: float32([0, 0], [2]) }, 3);
  expect(noise).toEqual(float32(new Array<number>(8).fill(3), [2, 4]));
  expect(numbers(sum)).toEqual([8 * 3 + 4 * 3]);
  expect(fills).toEqual([8]);
  await drawing.run({ x: float32([0], [1]) }, 1);
  expect(fills).toEqual([8, 2]);
  expect(drawing.compilations).toBe(1);
});

test("runs that are started together keep their own draws", async () => {
  const draw: Draw = { label: "key", fill: (key, data) => data.fill(key as never) };
  await using drawing = compile("drawing", () => ({ y: drawn([2], "float32", draw) }), { runtime });
  const runs = await Promise.all([1, 2, 3].map((key) => drawing.run({}, key)));
  expect(runs.map(({ y }) => numbers(y))).toEqual([
    [1, 1],
    [2, 2],
    [3, 3],
  ]);
});

test("a run that fails names the graph and leaves the next one alone", async () => {
  await using rows = compile("rows", ({ x, at }) => ({ y: x.gather(at) }), { runtime });
  const table = float32([1, 2, 3], [3]);
  const at = (row: number): NdArray => ({ dtype: "int32", shape: [1], data: Int32Array.of(row) });
  const [bad, good] = await Promise.allSettled([rows.run({ x: table, at: at(3) }), rows.run({ x: table, at: at(2) })]);
  expect(bad).toMatchObject({ status: "rejected" });
  const message = String((bad as PromiseRejectedResult).reason.message);
  expect(message).toContain('internal: graph "rows" failed in ONNX Runtime: ');
  expect(message).toContain("indices element out of data bounds");
  expect(good).toMatchObject({ status: "fulfilled", value: { y: float32([3], [1]) } });
});

test("a weight's new value may leave under the weight's own name", async () => {
  const weight = parameter("w", [1]);
  const trace = ({ x }: Readonly<Record<string, Tensor>>) => {
    const loss = weight.mul(x).sum();
    return { w: weight.sub(gradients(loss, [weight])[0].mul(0.5)), loss };
  };
  await using step = compile("step", trace, { runtime, parameters: { w: float32([1], [1]) } });
  const { w, loss } = await step.run({ x: float32([4], [1]) });
  expect([numbers(w), numbers(loss)]).toEqual([[-1], [4]]);
});
