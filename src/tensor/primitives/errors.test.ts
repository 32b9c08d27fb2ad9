import { expect, test } from "vitest";
import { DTypeError, ShapeError } from "#base";
import { bool, float32, int32 } from "../dtype.ts";
import { primitives } from "../index.ts";
import { constant, input, parameter, type Tensor } from "../tensor.ts";
import { concat, stack } from "./layout.ts";
import { SparseMatrix } from "./sparse.ts";

const x = input("x", [2, 3], "float32");
const ids = input("ids", [2, 3], "int32");
const flag = input("flag", [2, 3], "bool");
const history = input("history", ["B", "T", 4], "float32");
const weight = parameter("blocks.0.query.weight", [5, 4]);

/** The messages of what each function throws, one a line; all must be of this class. */
function messages(kind: typeof ShapeError | typeof DTypeError, mistakes: readonly (() => unknown)[]): string {
  const lines = mistakes.map((mistake) => {
    try {
      mistake();
    } catch (error) {
      if (error instanceof kind) return error.message;
      throw error;
    }
    throw new Error(`nothing was thrown by ${mistake}`);
  });
  return `\n${lines.join("\n")}\n`;
}

test("element types that do not fit are named", () => {
  expect(
    messages(DTypeError, [
      () => x.add(ids),
      () => flag.add(flag),
      () => ids.mul(0.5),
      () => ids.add(2 ** 40),
      () => flag.equal(2),
      () => flag.less(flag),
      () => x.and(flag),
      () => ids.not(),
      () => ids.exp(),
      () => ids.softmax(),
      () => ids.mean(),
      () => flag.sum(),
      () => flag.cumsum(0),
      () => flag.topK(1),
      () => ids.gelu(),
      () => x.where(ids, 0),
      () => x.where(flag, ids),
      () => x.gather(x),
      () => x.gatherElements(x, 1),
      () => x.oneHot(3),
      () => x.scatterAdd(input("rows", [1], "int32"), ids.slice(0, 0, 1)),
      () => ids.matmul(ids, { transposeB: true }),
      () => x.crossEntropy(input("targets", [2], "float32")),
      () => concat([x, ids], 0),
      () => constant(0.5, "int64"),
    ]),
  ).toMatchInlineSnapshot(`
    "
    add: expected one element type, got float32 (input "x" [2, 3]) and int32 (input "ids" [2, 3]). Cast one of them.
    add: input "flag" [2, 3] is bool, expected numbers. Cast it with cast("float32").
    constant: 0.5 is not of type int32. Cast the tensor beside it with cast("float32").
    constant: 1099511627776 is not of type int32. Cast the tensor beside it with cast("float32").
    constant: 2 is not of type bool. Cast the tensor beside it with cast("float32").
    less: input "flag" [2, 3] is bool, expected numbers. Cast it with cast("float32").
    and: expected one element type, got float32 (input "x" [2, 3]) and bool (input "flag" [2, 3]). Cast one of them.
    not: input "ids" [2, 3] is int32, expected bool. Compare it with something.
    exp: input "ids" [2, 3] is int32, expected float32. Cast it with cast("float32").
    softmax: input "ids" [2, 3] is int32, expected float32. Cast it with cast("float32").
    mean: input "ids" [2, 3] is int32, expected float32. Cast it with cast("float32").
    sum: input "flag" [2, 3] is bool, expected numbers. Cast it with cast("float32").
    cumsum: input "flag" [2, 3] is bool, expected numbers. Cast it with cast("float32").
    topK: input "flag" [2, 3] is bool, expected numbers. Cast it with cast("float32").
    gelu: input "ids" [2, 3] is int32, expected float32. Cast it with cast("float32").
    where condition: input "ids" [2, 3] is int32, expected bool. Compare it with something.
    where: expected one element type, got float32 (input "x" [2, 3]) and int32 (input "ids" [2, 3]). Cast one of them.
    gather: input "x" [2, 3] is float32, expected int32 or int64 indices. Cast it with cast("int32").
    gatherElements: input "x" [2, 3] is float32, expected int32 or int64 indices. Cast it with cast("int32").
    oneHot: input "x" [2, 3] is float32, expected int32 or int64 indices. Cast it with cast("int32").
    scatterAdd: expected one element type, got float32 (input "x" [2, 3]) and int32 (int32 [1, 3]). Cast one of them.
    matmul: input "ids" [2, 3] is int32, expected float32. Cast it with cast("float32").
    crossEntropy: input "targets" [2] is float32, expected int32 or int64 indices. Cast it with cast("int32").
    concat: expected one element type, got float32 (input "x" [2, 3]) and int32 (input "ids" [2, 3]). Cast one of them.
    constant: 0.5 is not of type int64. Cast the tensor beside it with cast("float32").
    "
  `);
});

test("shapes of elementwise operations, reductions and layout that do not fit are named", () => {
  expect(
    messages(ShapeError, [
      () => x.add(input("y", [2, 4], "float32")),
      () => x.mul(parameter("blocks.0.norm.scale", [4])),
      () => x.sum(2),
      () => x.sum([0, -2]),
      () => x.softmax(2),
      () => constant(1).softmax(),
      () => x.reshape([4, 2]),
      () => x.reshape([4, -1]),
      () => history.reshape([-1, 4]),
      () => history.reshape(["B", 4]),
      () => x.transpose(0, 0),
      () => x.transpose(1),
      () => x.expand([2, 4]),
      () => x.squeeze(0),
      () => x.unsqueeze(3),
      () => x.slice(1, 2, 1),
      () => x.slice(1, 5, 7),
      () => history.slice(1, 2),
      () => history.slice(1, 0, -1),
      () => history.slice(1, -3, 5),
      () => x.at(1, 3),
      () => x.at(0, -3),
      () => x.split(1, [1, 1]),
      () => concat([x, input("y", [3, 3], "float32")], 1),
      () => stack([x, input("y", [2, 4], "float32")], 0),
      () => constant(float32([1, 2, 3], [2, 2])),
    ]),
  ).toMatchInlineSnapshot(`
    "
    add: expected shapes that broadcast, got input "x" [2, 3] and input "y" [2, 4]. From the right, each pair of axes must be equal or one of them 1; here 3 meets 4.
    mul: expected shapes that broadcast, got input "x" [2, 3] and "blocks.0.norm.scale" [4]. From the right, each pair of axes must be equal or one of them 1; here 3 meets 4.
    sum: axis 2 does not exist in a tensor of rank 2. Expected -2 to 1.
    sum: expected each axis once, got [0, -2] for input "x" [2, 3].
    softmax: axis 2 does not exist in a tensor of rank 2. Expected -2 to 1.
    softmax: axis -1 does not exist in a tensor of rank 0. It has no axes.
    reshape: expected a shape of as many elements as input "x" [2, 3], got [4, 2].
    reshape: input "x" [2, 3] does not tell the size of the open axis in [4, -1]. Its sizes must be numbers that divide.
    reshape: input "history" [B, T, 4] does not tell the size of the open axis in [-1, 4]. Its sizes must be numbers that divide.
    reshape: expected a shape of as many elements as input "history" [B, T, 4], got [B, 4].
    transpose: expected each axis of input "x" [2, 3] once, got [0, 0].
    transpose: expected each axis of input "x" [2, 3] once, got [1].
    expand: expected shapes that broadcast, got input "x" [2, 3] and [2, 4]. From the right, each pair of axes must be equal or one of them 1; here 3 meets 4.
    squeeze: expected axis 0 of input "x" [2, 3] to be 1, got 2.
    unsqueeze: axis 3 does not exist in a tensor of rank 3. Expected -3 to 2.
    slice: expected a range of axis 1 of input "x" [2, 3], which has 3 elements, got 2..1.
    slice: expected a range of axis 1 of input "x" [2, 3], which has 3 elements, got 5..7.
    slice: the size of 2.. of the named axis T is not known while tracing; pass its name.
    slice: the size of 0..-1 of the named axis T is not known while tracing; pass its name.
    slice: the size of -3..5 of the named axis T is not known while tracing; pass its name.
    at: expected an index from -3 to 2 on axis 1 of input "x" [2, 3], got 3.
    at: expected an index from -2 to 1 on axis 0 of input "x" [2, 3], got -3.
    split: expected sizes that add up to 3, axis 1 of input "x" [2, 3], got 1 + 1.
    concat: expected shapes that differ in axis 1 only, got input "x" [2, 3] and input "y" [3, 3].
    concat: expected shapes that differ in axis 0 only, got float32 [1, 2, 3] and float32 [1, 2, 4].
    constant: 3 values do not fill the shape [2, 2], which needs 4.
    "
  `);
});

test("shapes of products, normalisation and indexing that do not fit are named, weights by their address", () => {
  const matrix = new SparseMatrix(1, 3, Int32Array.of(0, 1), Int32Array.of(2), Float32Array.of(1));
  expect(
    messages(ShapeError, [
      () => x.matmul(x),
      () => x.matmul(x, { transposeA: true, transposeB: true }),
      () => x.at(0, 0).matmul(x),
      () => input("a", [2, 3, 4], "float32").matmul(input("b", [5, 4, 3], "float32")),
      () => x.affine(weight),
      () => history.affine(weight, parameter("blocks.0.query.bias", [4])),
      () => history.layerNorm(parameter("norm.scale", [8]), parameter("norm.shift", [4]), 1e-5),
      () => history.layerNorm(parameter("norm.scale", [4]), parameter("norm.shift", [1, 4]), 1e-5),
      () => history.rmsNorm(constant(1), 1e-5),
      () => x.crossEntropy(input("targets", [3], "int32")),
      () => x.gather(ids, 2),
      () => x.gatherElements(input("rows", [3, 1], "int32"), 1),
      () => x.scatterAdd(input("rows", [4], "int32"), x),
      () => x.scatterElementsAdd(ids, input("values", [2, 1], "float32"), 1),
      () => x.topK(4),
      () => x.topK(0),
      () => history.sort(1),
      () => history.unsqueeze(1).rotary(x, x),
      () =>
        input("h", [2, 2, 3, 4], "float32").rotary(input("cos", [5, 2], "float32"), input("sin", [5, 2], "float32")),
      () => x.sparseProduct(matrix),
      () => x.propagatedRows(matrix, 3, input("nodes", [4], "int32")),
      () => new SparseMatrix(2, 3, Int32Array.of(0, 1), Int32Array.of(2), Float32Array.of(1)),
      () => new SparseMatrix(1, 3, Int32Array.of(0, 1), Int32Array.of(3), Float32Array.of(1)),
    ]),
  ).toMatchInlineSnapshot(`
    "
    matmul: expected equal inner axes, got 3 of input "x" [2, 3] and 2 of input "x" [2, 3].
    matmul: expected equal inner axes, got 2 of input "x" [2, 3] transposed and 3 of input "x" [2, 3] transposed.
    matmul: expected matrices or stacks of them, got float32 [3] and input "x" [2, 3]. Add an axis with unsqueeze().
    matmul, leading axes: expected shapes that broadcast, got input "a" [2, 3, 4] and input "b" [5, 4, 3]. From the right, each pair of axes must be equal or one of them 1; here 2 meets 5.
    affine: expected x of shape [..., 4] for the weight "blocks.0.query.weight" [5, 4], got [2, 3]. The last axis is the width; look at the layer that feeds it.
    affine: expected x of shape [..., 4] for the weight "blocks.0.query.weight" [5, 4], got [B, T, 4] and bias "blocks.0.query.bias" [4]. The last axis is the width; look at the layer that feeds it.
    layerNorm: expected weights of shape [4] for input "history" [B, T, 4], got "norm.scale" [8]. The last axis is the width.
    layerNorm: expected weights of shape [4] for input "history" [B, T, 4], got "norm.shift" [1, 4]. The last axis is the width.
    rmsNorm: expected weights of shape [4] for input "history" [B, T, 4], got float32 []. The last axis is the width.
    crossEntropy: expected logits [..., V] and targets [...], got input "x" [2, 3] and input "targets" [3].
    gather: axis 2 does not exist in a tensor of rank 2. Expected -2 to 1.
    gatherElements: expected indices that agree with input "x" [2, 3] in every axis but 1, got input "rows" [3, 1].
    scatterAdd: expected slices of shape [4, 3] for input "rows" [4] into input "x" [2, 3], got input "x" [2, 3].
    scatterElementsAdd: expected one value for each of input "ids" [2, 3], got input "values" [2, 1].
    topK: expected a count from 1 to 3, got 4, for input "x" [2, 3].
    topK: expected a count from 1 to 3, got 0, for input "x" [2, 3].
    sort: axis T of input "history" [B, T, 4] has a name; its size must be a number.
    rotary: expected x [B, H, T, D] with D even and angles [T, D/2] or [B, 1, T, D/2], got float32 [B, 1, T, 4] with input "x" [2, 3] and input "x" [2, 3].
    rotary: expected x [B, H, T, D] with D even and angles [T, D/2] or [B, 1, T, D/2], got input "h" [2, 2, 3, 4] with input "cos" [5, 2] and input "sin" [5, 2].
    sparseProduct: expected [3, D] for a matrix of 3 columns, got input "x" [2, 3].
    propagatedRows: expected a square matrix, as many rows [N, D] as it has, indices [n] and 0 or more layers, got a matrix [1, 3], input "x" [2, 3], input "nodes" [4] and 3 layers.
    SparseMatrix: expected 3 row starts that end at 1 columns and values, got 2 starts that end at 1 and 1 values.
    SparseMatrix: column 3 does not exist, expected 0 to 2.
    "
  `);
});

test("numbers beside a tensor take its element type, where they are of it", () => {
  const made = (tensor: Tensor) => (tensor.source.kind === "output" ? tensor.source.node.inputs[1].source : undefined);
  expect(made(ids.mul(2))).toEqual({ kind: "constant", value: int32([2], []), exact: 2 });
  expect(made(flag.equal(1))).toEqual({ kind: "constant", value: bool([1], []), exact: 1 });
  expect(made(x.mul(0.1))).toEqual({ kind: "constant", value: float32([0.1], []), exact: 0.1 });
});

test("every primitive stands under its own name, concat apart, which is also a function", () => {
  const odd = Object.entries(primitives).filter(([exported, { name }]) => exported !== name);
  expect(odd.map(([exported, { name }]) => [exported, name])).toEqual([["concatenate", "concat"]]);
});
