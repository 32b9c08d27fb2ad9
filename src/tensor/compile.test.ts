import { expect, test } from "vitest";
import { DTypeError, ShapeError } from "#base";
import { compilations, compile } from "./compile.ts";
import { bool, float32, int32, type NdArray } from "./dtype.ts";
import { concat } from "./primitives/layout.ts";
import "./primitives/index.ts";
import { mergeDims } from "./shape.ts";
import { constant, parameter, type Tensor } from "./tensor.ts";

const runtime = { device: "cpu", threads: 1 } as const;
const numbers = (array: NdArray) => Array.from(array.data as Float32Array, Number);
const counting = (shape: readonly number[]) =>
  float32(
    Array.from({ length: shape.reduce((size, dim) => size * dim, 1) }, (_, at) => at),
    shape,
  );

test("a function is compiled when a signature is new, and not again", async () => {
  await using double = compile("double", ({ x }) => ({ y: x.mul(2) }), { runtime });
  const before = compilations();
  expect(double.compilations).toBe(0);
  expect(numbers((await double.run({ x: float32([1, 2], [2]) })).y)).toEqual([2, 4]);
  expect(numbers((await double.run({ x: float32([3, 4], [2]) })).y)).toEqual([6, 8]);
  expect(double.compilations).toBe(1);
  await double.run({ x: float32([1, 2, 3], [3]) });
  expect(double.compilations).toBe(2);
  expect(compilations() - before).toBe(2);
});

test("the order in which inputs are named is no part of a signature", async () => {
  await using quotient = compile("quotient", ({ a, b }) => ({ y: a.div(b) }), { runtime });
  const [a, b] = [float32([6], [1]), float32([3], [1])];
  expect(numbers((await quotient.run({ a, b })).y)).toEqual([2]);
  expect(numbers((await quotient.run({ b, a })).y)).toEqual([2]);
  expect(quotient.compilations).toBe(1);
});

test("two runs that start together compile once, and each has its own answer", async () => {
  await using double = compile("double", ({ x }) => ({ y: x.mul(2) }), { runtime });
  const runs = await Promise.all([1, 2, 3].map((value) => double.run({ x: float32([value], [1]) })));
  expect(runs.map(({ y }) => numbers(y))).toEqual([[2], [4], [6]]);
  expect(double.compilations).toBe(1);
});

test("one session serves every batch size and length when their axes are named", async () => {
  const heads = 2;
  const causal = ({ x, mask }: Readonly<Record<string, Tensor>>) => {
    const [batch, length] = x.shape;
    const split = x.reshape([batch, length, heads, 2]).swap(1, 2); // [B, H, T, D/H]
    const scores = split.matmul(split, { transposeB: true, scale: 0.5 }); // [B, H, T, T]
    const weights = scores.add(mask).softmax();
    const together = weights.matmul(split).swap(1, 2).reshape([batch, length, 4]);
    return {
      y: together,
      flat: together.reshape([mergeDims([batch, length]), 4]),
      wide: constant(1).expand([batch, length]),
    };
  };
  const axes = { x: ["B", "T", null], mask: ["T", "T"] };
  await using named = compile("attention", causal, { runtime, axes, limit: 1 });
  await using fixed = compile("attention", causal, { runtime });
  for (const [batch, length] of [
    [1, 1],
    [2, 3],
    [5, 7],
    [3, 2],
    [0, 4],
    [2, 0],
  ]) {
    const x = float32(
      counting([batch, length, 4]).data.map((value) => Math.sin(value)),
      [batch, length, 4],
    );
    const mask = counting([length, length]);
    const [one, other] = [await named.run({ x, mask }), await fixed.run({ x, mask })];
    expect(one).toEqual(other);
    expect(one.y.shape).toEqual([batch, length, 4]);
    expect(one.flat.shape).toEqual([batch * length, 4]);
    expect(one.wide.shape).toEqual([batch, length]);
  }
  expect(named.compilations).toBe(1);
  expect(fixed.compilations).toBe(6);
});

test("joined names are worked out at a run: past and present positions, times rows", async () => {
  const axes = { past: ["B", "past", null], now: ["B", "T", null] };
  await using cached = compile(
    "cache",
    ({ past, now }) => {
      const all = concat([past, now], 1); // [B, past+T, 2]
      const merged = mergeDims(all.shape);
      return { flat: all.reshape([merged]), ones: constant(1).expand([merged]), last: all.slice(1, -1) };
    },
    { runtime, axes },
  );
  const { flat, ones, last } = await cached.run({ past: counting([2, 3, 2]), now: counting([2, 1, 2]) });
  expect(flat.shape).toEqual([16]); // 2 * (3 + 1) * 2
  expect(ones.shape).toEqual([16]);
  expect(last.shape).toEqual([2, 1, 2]);
  expect(numbers(last)).toEqual([0, 1, 2, 3]);
});

test("an axis may be told by an input that nothing else reads", async () => {
  await using blank = compile("blank", ({ ids }) => ({ y: constant(3).expand([ids.shape[0], 2]) }), {
    runtime,
    axes: { ids: ["B"] },
  });
  expect((await blank.run({ ids: int32([1, 2, 3], [3]) })).y).toEqual(float32([3, 3, 3, 3, 3, 3], [3, 2]));
});

test("inputs that disagree about a named axis are an error", async () => {
  await using sum = compile("sum", ({ a, b }) => ({ y: a.add(b) }), { runtime, axes: { a: ["B"], b: ["B"] } });
  await expect(sum.run({ a: counting([2]), b: counting([3]) })).rejects.toThrowErrorMatchingInlineSnapshot(
    `[ShapeError: input "b" [B]: axis B is 3 here and 2 in another input.]`,
  );
  await expect(sum.run({ a: counting([2, 2]), b: counting([3]) })).rejects.toThrowErrorMatchingInlineSnapshot(
    `[ShapeError: compile "sum": input "a" has axes [B] but came with shape [2, 2].]`,
  );
});

test("more signatures than the limit are an error that tells what to do", async () => {
  await using double = compile("double", ({ x }) => ({ y: x.mul(2) }), { runtime, limit: 2 });
  await double.run({ x: counting([1]) });
  await double.run({ x: counting([2]) });
  const third = double.run({ x: counting([3]) });
  await expect(third).rejects.toBeInstanceOf(ShapeError);
  await expect(third).rejects.toThrowErrorMatchingInlineSnapshot(
    `[ShapeError: compile "double": 2 sessions are compiled and x:float32[3] would be one more. Bucket the sizes of its inputs, or name the axes that vary.]`,
  );
  await double.run({ x: counting([2]) });
  expect(double.compilations).toBe(2);
});

test("a missing or wrong weight is called by its address", async () => {
  const weight = parameter("blocks.0.query.weight", [2, 3]);
  const layer = (parameters: Readonly<Record<string, NdArray>>) =>
    compile("layer", ({ x }) => ({ y: x.affine(weight) }), { runtime, parameters });
  const x = counting([1, 3]);
  const given = (array: NdArray) => ({ "blocks.0.query.weight": array });
  await expect(layer({}).run({ x })).rejects.toThrowErrorMatchingInlineSnapshot(
    `[ShapeError: "blocks.0.query.weight" [2, 3]: no array was given under this name.]`,
  );
  await expect(layer(given(counting([3, 2]))).run({ x })).rejects.toThrowErrorMatchingInlineSnapshot(
    `[ShapeError: "blocks.0.query.weight" [2, 3]: expected an array of shape [2, 3], got [3, 2].]`,
  );
  const wrongType = layer(given(int32([1, 2, 3, 4, 5, 6], [2, 3]))).run({ x });
  await expect(wrongType).rejects.toBeInstanceOf(DTypeError);
  await expect(wrongType).rejects.toThrowErrorMatchingInlineSnapshot(
    `[DTypeError: "blocks.0.query.weight" [2, 3]: expected an array of float32, got int32.]`,
  );
});

test("float64 arrays need a graph in float64; there float32 ones are widened, numbers stay exact", async () => {
  const third = (double: boolean) => compile("third", ({ x }) => ({ y: x.mul(1 / 3) }), { runtime, double });
  const x: NdArray = { dtype: "float64", shape: [1], data: Float64Array.of(3) };
  await expect(third(false).run({ x })).rejects.toThrowErrorMatchingInlineSnapshot(
    `[DTypeError: input "x" [1]: expected an array of float32, got float64. Graphs compute in float64 when compiled with { double: true }.]`,
  );
  expect((await third(true).run({ x })).y).toEqual({ dtype: "float64", shape: [1], data: Float64Array.of(1) });
  expect((await third(true).run({ x: float32([3], [1]) })).y.data).toEqual(Float64Array.of(1));
});

test("weights are read where they lie: a change between two runs counts", async () => {
  const weight = float32([1], [1]);
  await using scale = compile("scale", ({ x }) => ({ y: x.mul(parameter("w", [1])) }), {
    runtime,
    parameters: { w: weight },
  });
  const x = float32([10], [1]);
  expect(numbers((await scale.run({ x })).y)).toEqual([10]);
  weight.data[0] = 2;
  expect(numbers((await scale.run({ x })).y)).toEqual([20]);
});

test("outputs are fresh at each run unless they are to be reused", async () => {
  for (const reuseOutputs of [false, true]) {
    await using double = compile("double", ({ x }) => ({ y: x.mul(2) }), { runtime, reuseOutputs });
    const { y: first } = await double.run({ x: float32([1], [1]) });
    const { y: second } = await double.run({ x: float32([2], [1]) });
    expect(first.data === second.data).toBe(reuseOutputs);
    expect(numbers(first)).toEqual([reuseOutputs ? 4 : 2]);
  }
});

test("an output that is an input is a copy of it, and one tensor may be two outputs", async () => {
  await using pass = compile("pass", ({ x }) => ({ same: x, again: x, three: constant(3) }), { runtime });
  const x = float32([1, 2], [2]);
  const { same, again, three } = await pass.run({ x });
  expect([same, again]).toEqual([x, x]);
  expect(same.data).not.toBe(x.data);
  expect(three).toEqual(float32([3], []));
});

test("a graph that cannot be made is not kept: the error comes again, and disposing has nothing to wait for", async () => {
  let broken = true;
  const trace = ({ x }: Readonly<Record<string, Tensor>>) => {
    if (broken) throw new ShapeError("the layer does not fit");
    return { y: x };
  };
  await using compiled = compile("later", trace, { runtime, limit: 1 });
  const x = counting([1]);
  const before = compilations();
  await expect(compiled.run({ x })).rejects.toThrow("the layer does not fit");
  expect([compiled.compilations, compilations() - before]).toEqual([0, 0]);
  broken = false;
  expect((await compiled.run({ x })).y).toEqual(x);

  // A device that no machine has, so that ONNX Runtime itself refuses.
  const refused = compile("absent", ({ x }) => ({ y: x.mul(2) }), {
    runtime: { device: "nonsense" as "cpu", threads: 1 },
  });
  await expect(refused.run({ x })).rejects.toThrow('device "nonsense"');
  expect(refused.compilations).toBe(0);
  await refused[Symbol.asyncDispose]();
});

test("two tensors of one name are an error, and so is an input called like a value of the graph", async () => {
  const x = counting([1]);
  const twice = compile("twice", ({ x }) => ({ y: x.add(parameter("x", [1])) }), { runtime, parameters: { x } });
  await expect(twice.run({ x })).rejects.toThrowErrorMatchingInlineSnapshot(
    `[ShapeError: graph "twice": two tensors are called "x", input "x" [1] and "x" [1]. Use one tensor for both, or rename one.]`,
  );
  const odd = compile("odd", (traced) => ({ y: traced["%0"].add(1) }), { runtime });
  await expect(odd.run({ "%0": x })).rejects.toThrowErrorMatchingInlineSnapshot(
    `[ShapeError: graph "odd": "%0" names an input and a value inside the graph. Rename the input.]`,
  );
  await using out = compile("out", ({ out0, y }) => ({ y: out0.add(y) }), { runtime });
  expect(numbers((await out.run({ out0: float32([1], [1]), y: float32([2], [1]) })).y)).toEqual([3]);
});

test("bool, int32 and int64 go in and come out", async () => {
  await using choose = compile(
    "choose",
    ({ flag, small, large }) => ({ not: flag.not(), small: small.add(1), large: large.add(small.cast("int64")) }),
    { runtime },
  );
  const large: NdArray = { dtype: "int64", shape: [2], data: BigInt64Array.of(2n ** 40n, -1n) };
  expect(await choose.run({ flag: bool([1, 0], [2]), small: int32([1, -1], [2]), large })).toEqual({
    not: bool([0, 1], [2]),
    small: int32([2, 0], [2]),
    large: { dtype: "int64", shape: [2], data: BigInt64Array.of(2n ** 40n + 1n, -2n) },
  });
});
