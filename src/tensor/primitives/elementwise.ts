/** Arithmetic element by element, with NumPy broadcasting for two inputs. Derivatives stand one a line. */

import type { Lowering } from "../onnx/emit.ts";
import { emitErf } from "../onnx/erf.ts";
import { definePrimitive, method, type Vjp } from "../primitive.ts";
import { broadcastShapes } from "../shape.ts";
import { type Operand, operands, type Tensor } from "../tensor.ts";
import { requireKind, sameForm, summedTo } from "./broadcast.ts";

declare module "../tensor.ts" {
  interface Tensor {
    add(other: Operand): Tensor;
    sub(other: Operand): Tensor;
    mul(other: Operand): Tensor;
    div(other: Operand): Tensor;
    /** this ** exponent */
    pow(exponent: Operand): Tensor;
    maximum(other: Operand): Tensor;
    minimum(other: Operand): Tensor;
    neg(): Tensor;
    exp(): Tensor;
    /** natural logarithm */
    log(): Tensor;
    sqrt(): Tensor;
    abs(): Tensor;
    sin(): Tensor;
    cos(): Tensor;
    tanh(): Tensor;
    erf(): Tensor;
    /** 1 / (1 + exp(-x)) */
    sigmoid(): Tensor;
    sign(): Tensor;
    floor(): Tensor;
  }
}

const PAIRS = [
  { inputs: [[2, 3], [3]] },
  {
    inputs: [
      [4, 1, 3],
      [2, 1],
    ],
  },
  { inputs: [[], [2]] },
  { inputs: [[0, 3], [3]] },
] as const;
const POSITIVE_PAIRS = [
  {
    inputs: [
      { shape: [2, 3], values: "positive" },
      { shape: [3], values: "positive" },
    ],
  },
  {
    inputs: [
      { shape: [3, 1], values: "positive" },
      { shape: [], values: "positive" },
    ],
  },
] as const;
const ONE = [{ inputs: [[2, 3]] }, { inputs: [[]] }, { inputs: [[0, 2]] }] as const;
const ONE_POSITIVE = [
  { inputs: [{ shape: [2, 3], values: "positive" }] },
  { inputs: [{ shape: [], values: "positive" }] },
] as const;

/** Functions of one number that integers have too. */
const WHOLE = ["neg", "abs", "sign"];

type Local = (gradient: Tensor, inputs: readonly Tensor[], output: Tensor) => readonly (Tensor | null)[];

function binary(
  name: string,
  onnx: string,
  local: Local | "not differentiable",
  examples: typeof PAIRS | typeof POSITIVE_PAIRS = PAIRS,
) {
  const vjp: Vjp<Record<string, never>> | "not differentiable" =
    local === "not differentiable"
      ? local
      : (gradient, inputs, { output }) =>
          local(gradient, inputs, output).map((part, position) => part && summedTo(part, inputs[position].shape));
  return definePrimitive(name, {
    infer: ([a, b]) => {
      requireKind(name, "number", a, b);
      return { shape: broadcastShapes(name, a, b), dtype: a.dtype };
    },
    vjp,
    onnx,
    examples,
  });
}

function unary(
  name: string,
  onnx: string | Lowering<Record<string, never>>,
  local: ((gradient: Tensor, x: Tensor, output: Tensor) => Tensor) | "not differentiable",
  examples: typeof ONE | typeof ONE_POSITIVE = ONE,
) {
  return definePrimitive(name, {
    infer: (inputs) => {
      requireKind(name, WHOLE.includes(name) ? "number" : "float", ...inputs);
      return sameForm(inputs);
    },
    vjp: local === "not differentiable" ? local : (gradient, [x], { output }) => [local(gradient, x, output)],
    onnx,
    examples,
  });
}

export const add = binary("add", "Add", (g) => [g, g]);
export const sub = binary("sub", "Sub", (g) => [g, g.neg()]);
export const mul = binary("mul", "Mul", (g, [a, b]) => [g.mul(b), g.mul(a)]);
export const div = binary("div", "Div", (g, [, b], y) => [g.div(b), g.mul(y).div(b).neg()], POSITIVE_PAIRS);
export const pow = binary(
  "pow",
  "Pow",
  (g, [a, b], y) => [g.mul(b).mul(a.pow(b.sub(1))), g.mul(y).mul(a.log())],
  POSITIVE_PAIRS,
);
export const maximum = binary("maximum", "Max", (g, [a, b]) => [g.where(a.greaterEqual(b), 0), g.where(a.less(b), 0)]);
export const minimum = binary("minimum", "Min", (g, [a, b]) => [g.where(a.lessEqual(b), 0), g.where(a.greater(b), 0)]);

export const neg = unary("neg", "Neg", (g) => g.neg());
export const exp = unary("exp", "Exp", (g, _, y) => g.mul(y));
export const log = unary("log", "Log", (g, x) => g.div(x), ONE_POSITIVE);
export const sqrt = unary("sqrt", "Sqrt", (g, _, y) => g.mul(0.5).div(y), ONE_POSITIVE);
export const abs = unary("abs", "Abs", (g, x) => g.mul(x.sign()));
export const sin = unary("sin", "Sin", (g, x) => g.mul(x.cos()));
export const cos = unary("cos", "Cos", (g, x) => g.mul(x.sin()).neg());
export const tanh = unary("tanh", "Tanh", (g, _, y) => g.sub(g.mul(y).mul(y)));
export const erf = unary(
  "erf",
  (emit, [x]) => emitErf(emit, x),
  (g, x) => g.mul(x.mul(x).neg().exp()).mul(2 / Math.sqrt(Math.PI)),
);
export const sigmoid = unary("sigmoid", "Sigmoid", (g, _, y) => g.mul(y.sub(y.mul(y))));
export const sign = unary("sign", "Sign", "not differentiable");
export const floor = unary("floor", "Floor", "not differentiable");

for (const primitive of [add, sub, mul, div, pow, maximum, minimum]) {
  method(primitive.name as "add", function (this: Tensor, other: Operand) {
    return primitive.apply(operands(primitive.name, this, other), {});
  });
}
for (const primitive of [neg, exp, log, sqrt, abs, sin, cos, tanh, erf, sigmoid, sign, floor]) {
  method(primitive.name as "neg", function (this: Tensor) {
    return primitive.apply([this], {});
  });
}
