/** The largest elements of an axis, and sorting. Indices come as int32. */
import { ShapeError } from "#base";
import type { Emitter } from "../onnx/emit.ts";
import { definePrimitive, method } from "../primitive.ts";
import { normaliseAxis, type Shape } from "../shape.ts";
import type { Tensor } from "../tensor.ts";
import { requireKind, zerosLike } from "./broadcast.ts";

declare module "../tensor.ts" {
  interface Tensor {
    /** The `count` largest elements of an axis, in descending order, and their int32 indices; ties keep the lower index first. */
    topK(count: number, axis?: number): readonly [values: Tensor, indices: Tensor];
    /** Elements in ascending (or descending) order along an axis, and their int32 indices. */
    sort(axis?: number, options?: { readonly descending?: boolean }): readonly [values: Tensor, indices: Tensor];
  }
}

type Chosen = { count: number; axis: number; largest: boolean };

export const topK = definePrimitive<Chosen>("topK", {
  infer: ([x], { count, axis }) => {
    requireKind("topK", "number", x);
    const shape: Shape = x.shape.map((dim, at) => (at === axis ? count : dim));
    return [
      { shape, dtype: x.dtype },
      { shape, dtype: "int32" },
    ];
  },
  vjp: (gradient, [x], { outputs: [, indices], attributes: { axis } }) => [
    zerosLike(x).scatterElementsAdd(indices, gradient, axis),
  ],
  onnx: (emit, [x], { attributes: { count, axis, largest } }) => chosen(emit, x, count, axis, largest),
  examples: [
    { inputs: [{ shape: [3, 7], values: "distinct" }], attributes: { count: 3, axis: 1, largest: true } },
    { inputs: [{ shape: [5, 2], values: "distinct" }], attributes: { count: 5, axis: 0, largest: false } },
  ],
});

function chosen(emit: Emitter, x: string, count: number, axis: number, largest: boolean): readonly string[] {
  const [values, wide] = emit.nodes("TopK", [x, emit.ints([count])], {
    attributes: { axis, largest: Number(largest), sorted: 1 },
    outputs: 2,
  });
  return [values, emit.node("Cast", [wide], { attributes: { to: 6 } })];
}

method("topK", function (this: Tensor, count: number, axis = -1) {
  const position = normaliseAxis("topK", axis, this.rank);
  const size = this.shape[position];
  if (count < 1 || (typeof size === "number" && count > size)) {
    throw new ShapeError(`topK: expected a count from 1 to ${size}, got ${count}, for ${this.label}.`);
  }
  const [values, indices] = topK.all([this], { count, axis: position, largest: true });
  return [values, indices] as const;
});
method("sort", function (this: Tensor, axis = -1, { descending = false } = {}) {
  const position = normaliseAxis("sort", axis, this.rank);
  const size = this.shape[position];
  if (typeof size !== "number")
    throw new ShapeError(`sort: axis ${size} of ${this.label} has a name; its size must be a number.`);
  const [values, indices] = topK.all([this], { count: size, axis: position, largest: descending });
  return [values, indices] as const;
});
