/** Sums, means and extremes over axes; cumulative sums. */
import { ShapeError } from "#base";
import { definePrimitive, method } from "../primitive.ts";
import { type Dim, normaliseAxis, type Shape } from "../shape.ts";
import { concreteShape, type Tensor } from "../tensor.ts";
import { type Kind, requireKind, sameForm } from "./broadcast.ts";

export interface ReduceOptions {
  /** Leave reduced axes as 1. */
  readonly keepDims?: boolean;
}

declare module "../tensor.ts" {
  interface Tensor {
    /** Over `axes`, or over all of them. */
    sum(axes?: number | readonly number[], options?: ReduceOptions): Tensor;
    mean(axes?: number | readonly number[], options?: ReduceOptions): Tensor;
    max(axes?: number | readonly number[], options?: ReduceOptions): Tensor;
    min(axes?: number | readonly number[], options?: ReduceOptions): Tensor;
    /** log(sum(exp(x))) without overflow. */
    logSumExp(axes?: number | readonly number[], options?: ReduceOptions): Tensor;
    /** Running sum along an axis; `exclusive` leaves out the element itself, `reverse` runs from the end. */
    cumsum(axis: number, options?: { readonly exclusive?: boolean; readonly reverse?: boolean }): Tensor;
  }
}

type Reduce = { axes: readonly number[]; keepDims: boolean };

const EXAMPLES = [
  { inputs: [[2, 3]], attributes: { axes: [0, 1], keepDims: false } },
  { inputs: [[2, 3, 4]], attributes: { axes: [1], keepDims: true } },
  { inputs: [[2, 3, 4]], attributes: { axes: [0, 2], keepDims: false } },
] as const;
const DISTINCT = EXAMPLES.map(({ inputs: [shape], attributes }) => ({
  inputs: [{ shape, values: "distinct" as const }],
  attributes,
}));

function kept(shape: Shape, axes: readonly number[]): Dim[] {
  return shape.map((dim, axis) => (axes.includes(axis) ? 1 : dim));
}

function reduction(
  name: string,
  operator: string,
  kind: Kind,
  local: (gradient: Tensor, x: Tensor, output: Tensor, axes: readonly number[]) => Tensor,
  examples: typeof EXAMPLES | typeof DISTINCT = EXAMPLES,
) {
  return definePrimitive<Reduce>(name, {
    infer: ([x], { axes, keepDims }) => {
      requireKind(name, kind, x);
      const shape = keepDims ? kept(x.shape, axes) : x.shape.filter((_, axis) => !axes.includes(axis));
      return { shape, dtype: x.dtype };
    },
    // The rule sees gradient and output with the reduced axes as 1, so that they broadcast against x.
    vjp: (gradient, [x], { output, attributes: { axes } }) => {
      const shape = kept(x.shape, axes);
      return [local(gradient.reshape(shape), x, output.reshape(shape), axes)];
    },
    onnx: (emit, [x], { attributes: { axes, keepDims } }) =>
      emit.node(operator, [x, emit.ints(axes)], { attributes: { keepdims: keepDims ? 1 : 0 } }),
    examples,
  });
}

export const sum = reduction("sum", "ReduceSum", "number", (g, x) => g.expand(x.shape));
export const mean = reduction("mean", "ReduceMean", "float", (g, x, _, axes) => {
  const shape = concreteShape("gradient of mean", x);
  return g.div(axes.reduce((count, axis) => count * shape[axis], 1)).expand(x.shape);
});
// Equal extremes share the gradient.
const extreme = (g: Tensor, x: Tensor, y: Tensor, axes: readonly number[]): Tensor => {
  const chosen = x.equal(y).cast(x.dtype);
  return g.mul(chosen).div(chosen.sum(axes, { keepDims: true }));
};
export const max = reduction("max", "ReduceMax", "number", extreme, DISTINCT);
export const min = reduction("min", "ReduceMin", "number", extreme, DISTINCT);
export const logSumExp = reduction("logSumExp", "ReduceLogSumExp", "float", (g, x, y) => g.mul(x.sub(y).exp()));

type Cumulate = { axis: number; exclusive: boolean; reverse: boolean };

export const cumsum = definePrimitive<Cumulate>("cumsum", {
  infer: ([x]) => {
    requireKind("cumsum", "number", x);
    return sameForm([x]);
  },
  vjp: (gradient, _, { attributes: { axis, exclusive, reverse } }) => [
    gradient.cumsum(axis, { exclusive, reverse: !reverse }),
  ],
  onnx: (emit, [x], { attributes: { axis, exclusive, reverse } }) =>
    emit.node("CumSum", [x, emit.scalar(axis, "int64")], {
      attributes: { exclusive: Number(exclusive), reverse: Number(reverse) },
    }),
  examples: [
    { inputs: [[2, 4]], attributes: { axis: 1, exclusive: false, reverse: false } },
    { inputs: [[3, 2]], attributes: { axis: 0, exclusive: true, reverse: false } },
    { inputs: [[2, 4]], attributes: { axis: 1, exclusive: true, reverse: true } },
  ],
});

for (const primitive of [sum, mean, max, min, logSumExp]) {
  method(
    primitive.name as "sum",
    function (this: Tensor, axes?: number | readonly number[], options: ReduceOptions = {}) {
      const given = axes === undefined ? this.shape.map((_, axis) => axis) : typeof axes === "number" ? [axes] : axes;
      const normal = given.map((axis) => normaliseAxis(primitive.name, axis, this.rank)).sort((a, b) => a - b);
      if (new Set(normal).size < normal.length) {
        throw new ShapeError(
          `${primitive.name}: expected each axis once, got [${given.join(", ")}] for ${this.label}.`,
        );
      }
      if (normal.length === 0) return this; // each is itself: of one element, log(exp(x)) too
      return primitive.apply([this], { axes: normal, keepDims: options.keepDims ?? false });
    },
  );
}
method("cumsum", function (this: Tensor, axis: number, { exclusive = false, reverse = false } = {}) {
  return cumsum.apply([this], { axis: normaliseAxis("cumsum", axis, this.rank), exclusive, reverse });
});
