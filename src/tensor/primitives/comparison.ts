/** Comparisons, logic, choice between tensors, change of dtype. */

import type { DType } from "../dtype.ts";
import { ELEMENT_TYPE } from "../onnx/model.ts";
import { definePrimitive, method } from "../primitive.ts";
import { broadcastShapes } from "../shape.ts";
import { type Operand, operands, type Tensor } from "../tensor.ts";
import { requireKind, sameForm, summedTo } from "./broadcast.ts";

declare module "../tensor.ts" {
  interface Tensor {
    equal(other: Operand): Tensor;
    less(other: Operand): Tensor;
    lessEqual(other: Operand): Tensor;
    greater(other: Operand): Tensor;
    greaterEqual(other: Operand): Tensor;
    and(other: Tensor): Tensor;
    or(other: Tensor): Tensor;
    not(): Tensor;
    /** this where `condition` holds, else `otherwise`. */
    where(condition: Tensor, otherwise: Operand): Tensor;
    cast(dtype: DType): Tensor;
    /** The same values, through which no gradient flows. */
    stopGradient(): Tensor;
  }
}

function compare(name: string, onnx: string) {
  return definePrimitive(name, {
    infer: ([a, b]) => {
      if (name !== "equal") requireKind(name, "number", a, b);
      return { shape: broadcastShapes(name, a, b), dtype: "bool" };
    },
    vjp: "not differentiable",
    onnx,
    examples: [
      { inputs: [[2, 3], [3]] },
      {
        inputs: [
          { shape: [4, 1], dtype: "int32", values: { below: 3 } },
          { shape: [2], dtype: "int32", values: { below: 3 } },
        ],
      },
    ],
  });
}

export const equal = compare("equal", "Equal");
export const less = compare("less", "Less");
export const lessEqual = compare("lessEqual", "LessOrEqual");
export const greater = compare("greater", "Greater");
export const greaterEqual = compare("greaterEqual", "GreaterOrEqual");

function logic(name: string, onnx: string) {
  const flags = { dtype: "bool", values: { below: 2 } } as const;
  return definePrimitive(name, {
    infer: ([a, b]) => {
      requireKind(name, "bool", a, b);
      return { shape: broadcastShapes(name, a, b), dtype: "bool" };
    },
    vjp: "not differentiable",
    onnx,
    examples: [
      {
        inputs: [
          { shape: [2, 3], ...flags },
          { shape: [3], ...flags },
        ],
      },
    ],
  });
}

export const and = logic("and", "And");
export const or = logic("or", "Or");
export const not = definePrimitive("not", {
  infer: ([x]) => {
    requireKind("not", "bool", x);
    return { shape: x.shape, dtype: "bool" };
  },
  vjp: "not differentiable",
  onnx: "Not",
  examples: [{ inputs: [{ shape: [2, 3], dtype: "bool", values: { below: 2 } }] }],
});

export const where = definePrimitive("where", {
  infer: ([condition, a, b]) => {
    requireKind("where condition", "bool", condition);
    return { shape: broadcastShapes("where", condition, a, b), dtype: a.dtype };
  },
  vjp: (gradient, [condition, a, b]) => [
    null,
    summedTo(gradient.where(condition, 0), a.shape),
    summedTo(gradient.where(condition.not(), 0), b.shape),
  ],
  onnx: (emit, [condition, a, b], { inputs }) => {
    if (inputs[1].dtype !== "bool") return emit.node("Where", [condition, a, b]);
    // ONNX Runtime chooses between anything but bools.
    const otherwise = emit.node("And", [emit.node("Not", [condition]), b]);
    return emit.node("Or", [emit.node("And", [condition, a]), otherwise]);
  },
  examples: [
    { inputs: [{ shape: [2, 3], dtype: "bool", values: { below: 2 } }, [2, 3], [3]] },
    { inputs: [{ shape: [3], dtype: "bool", values: { below: 2 } }, [], [2, 3]] },
    {
      inputs: [
        { shape: [2, 1], dtype: "bool", values: { below: 2 } },
        { shape: [2, 5], dtype: "bool", values: { below: 2 } },
        { shape: [5], dtype: "bool", values: { below: 2 } },
      ],
    },
  ],
});

export const cast = definePrimitive<{ to: DType }>("cast", {
  infer: ([x], { to }) => ({ shape: x.shape, dtype: to }),
  vjp: (gradient, [x], { attributes }) => [isFloat(x.dtype) && isFloat(attributes.to) ? gradient.cast(x.dtype) : null],
  onnx: (emit, [x], { attributes }) =>
    emit.node("Cast", [x], { attributes: { to: ELEMENT_TYPE[emit.dtype(attributes.to)] } }),
  examples: [
    { inputs: [[2, 3]], attributes: { to: "float64" } },
    { inputs: [{ shape: [2, 3], dtype: "int32", values: { below: 5 } }], attributes: { to: "float32" } },
    { inputs: [{ shape: [4], dtype: "bool", values: { below: 2 } }], attributes: { to: "float32" } },
  ],
});

export const stopGradient = definePrimitive("stopGradient", {
  infer: sameForm,
  vjp: "not differentiable",
  onnx: (_, [x]) => x,
  examples: [{ inputs: [[2, 3]] }],
});

function isFloat(dtype: DType): boolean {
  return dtype === "float32" || dtype === "float64";
}

for (const primitive of [equal, less, lessEqual, greater, greaterEqual, and, or]) {
  method(primitive.name as "equal", function (this: Tensor, other: Operand) {
    return primitive.apply(operands(primitive.name, this, other), {});
  });
}
method("not", function (this: Tensor) {
  return not.apply([this], {});
});
method("where", function (this: Tensor, condition: Tensor, otherwise: Operand) {
  return where.apply([condition, ...operands("where", this, otherwise)], {});
});
method("cast", function (this: Tensor, dtype: DType) {
  return dtype === this.dtype ? this : cast.apply([this], { to: dtype });
});
method("stopGradient", function (this: Tensor) {
  return stopGradient.apply([this], {});
});
