/**
 * Reading and adding at indices. Everything that adds uses ScatterElements: ScatterND with reduction=add loses updates
 * on more than one thread of ONNX Runtime's CPU provider (seen on 1.30.0; the loss still falls).
 */
import { ShapeError } from "#base";
import { definePrimitive, method, RowGradient } from "../primitive.ts";
import { type Dim, mergeDims, normaliseAxis, type Shape, sameShape } from "../shape.ts";
import { operands, type Tensor } from "../tensor.ts";
import { requireKind, sameForm, zerosLike } from "./broadcast.ts";

declare module "../tensor.ts" {
  interface Tensor {
    /** Slices of an axis by index: the indices' shape takes the axis' place. */
    gather(indices: Tensor, axis?: number): Tensor;
    /** this[…, indices[…], …]: one element of the axis for each index; all other axes agree. */
    gatherElements(indices: Tensor, axis: number): Tensor;
    /** Adds slices to those that 1-D `indices` name; an index may stand several times. */
    scatterAdd(indices: Tensor, slices: Tensor, axis?: number): Tensor;
    /** Adds one element of the axis for each index; the inverse of `gatherElements`. */
    scatterElementsAdd(indices: Tensor, values: Tensor, axis: number): Tensor;
    /** 1 at the index, 0 elsewhere, along a new last axis. */
    oneHot(depth: number): Tensor;
  }
}

type Along = { axis: number };
const INDEX = (shape: readonly number[], below: number) => ({ shape, dtype: "int32", values: { below } }) as const;

export const gather = definePrimitive<Along>("gather", {
  infer: ([x, indices], { axis }) => ({
    shape: [...x.shape.slice(0, axis), ...indices.shape, ...x.shape.slice(axis + 1)],
    dtype: x.dtype,
  }),
  vjp: (gradient, [x, indices], { attributes: { axis } }) => {
    const count = mergeDims(indices.shape);
    const slices = gradient.reshape([...x.shape.slice(0, axis), count, ...x.shape.slice(axis + 1)]);
    const flat = indices.reshape([count]);
    if (x.source.kind === "parameter" && axis === 0) return [new RowGradient(flat, slices), null];
    return [zerosLike(x).scatterAdd(flat, slices, axis), null];
  },
  onnx: (emit, names, { attributes: { axis } }) => emit.node("Gather", names, { attributes: { axis } }),
  examples: [
    { inputs: [[5, 3], INDEX([2, 4], 5)], attributes: { axis: 0 } },
    { inputs: [[2, 4, 3], INDEX([3], 4)], attributes: { axis: 1 } },
    { inputs: [[5, 3], INDEX([], 5)], attributes: { axis: 0 } },
  ],
});

export const scatterAdd = definePrimitive<Along>("scatterAdd", {
  infer: sameForm,
  vjp: (gradient, [, indices], { attributes: { axis } }) => [gradient, null, gradient.gather(indices, axis)],
  onnx: (emit, [x, indices, slices], { inputs, attributes: { axis } }) => {
    const column = emit.node("Reshape", [indices, emit.ints(inputs[2].shape.map((_, at) => (at === axis ? -1 : 1)))]);
    const everywhere = emit.node("Expand", [column, emit.shape(inputs[2].shape)]);
    return emit.node("ScatterElements", [x, everywhere, slices], { attributes: { axis, reduction: "add" } });
  },
  examples: [
    { inputs: [[5, 3], INDEX([7], 5), [7, 3]], attributes: { axis: 0 } },
    { inputs: [[2, 4, 3], INDEX([6], 4), [2, 6, 3]], attributes: { axis: 1 } },
  ],
});

export const gatherElements = definePrimitive<Along>("gatherElements", {
  infer: ([x, indices], { axis }) => {
    requireAligned("gatherElements", x, indices, axis);
    return { shape: indices.shape, dtype: x.dtype };
  },
  vjp: (gradient, [x, indices], { attributes: { axis } }) => [
    zerosLike(x).scatterElementsAdd(indices, gradient, axis),
    null,
  ],
  onnx: (emit, names, { attributes: { axis } }) => emit.node("GatherElements", names, { attributes: { axis } }),
  examples: [
    { inputs: [[3, 5], INDEX([3, 2], 5)], attributes: { axis: 1 } },
    { inputs: [[4, 3], INDEX([6, 3], 4)], attributes: { axis: 0 } },
  ],
});

export const scatterElementsAdd = definePrimitive<Along>("scatterElementsAdd", {
  infer: ([x, indices, values], { axis }) => {
    requireAligned("scatterElementsAdd", x, indices, axis);
    if (!sameShape(values.shape, indices.shape)) {
      throw new ShapeError(`scatterElementsAdd: expected one value for each of ${indices.label}, got ${values.label}.`);
    }
    return { shape: x.shape, dtype: x.dtype };
  },
  vjp: (gradient, [, indices], { attributes: { axis } }) => [gradient, null, gradient.gatherElements(indices, axis)],
  onnx: (emit, names, { attributes: { axis } }) =>
    emit.node("ScatterElements", names, { attributes: { axis, reduction: "add" } }),
  examples: [
    { inputs: [[3, 5], INDEX([3, 2], 5), [3, 2]], attributes: { axis: 1 } },
    { inputs: [[4, 3], INDEX([6, 3], 4), [6, 3]], attributes: { axis: 0 } },
  ],
});

export const oneHot = definePrimitive<{ depth: number }>("oneHot", {
  infer: ([indices], { depth }) => ({ shape: [...indices.shape, depth], dtype: "float32" }),
  vjp: "not differentiable",
  onnx: (emit, [indices], { attributes: { depth } }) => {
    const dtype = emit.dtype("float32");
    const levels = dtype === "float64" ? Float64Array.of(0, 1) : Float32Array.of(0, 1);
    const values = emit.constant(`off-on:${dtype}`, { dtype, shape: [2], data: levels });
    const wide = emit.node("Cast", [indices], { attributes: { to: 7 } }); // no int32 kernel with these depths
    return emit.node("OneHot", [wide, emit.ints([depth]), values], { attributes: { axis: -1 } });
  },
  examples: [{ inputs: [INDEX([2, 3], 4)], attributes: { depth: 4 } }],
});

function requireAligned(who: string, x: Tensor, indices: Tensor, axis: number): void {
  const fits =
    x.rank === indices.rank && x.shape.every((dim: Dim, at: number) => at === axis || dim === indices.shape[at]);
  if (!fits)
    throw new ShapeError(
      `${who}: expected indices that agree with ${x.label} in every axis but ${axis}, got ${indices.label}.`,
    );
}

method("gather", function (this: Tensor, indices: Tensor, axis = 0) {
  requireKind("gather", "index", indices);
  return gather.apply([this, indices], { axis: normaliseAxis("gather", axis, this.rank) });
});
method("gatherElements", function (this: Tensor, indices: Tensor, axis: number) {
  requireKind("gatherElements", "index", indices);
  return gatherElements.apply([this, indices], { axis: normaliseAxis("gatherElements", axis, this.rank) });
});
method("scatterAdd", function (this: Tensor, indices: Tensor, slices: Tensor, axis = 0) {
  requireKind("scatterAdd", "index", indices);
  const position = normaliseAxis("scatterAdd", axis, this.rank);
  const expected: Shape = this.shape.map((dim, at) => (at === position ? indices.shape[0] : dim));
  if (indices.rank !== 1 || slices.rank !== this.rank || expected.some((dim, at) => dim !== slices.shape[at])) {
    throw new ShapeError(
      `scatterAdd: expected slices of shape [${expected.join(", ")}] for ${indices.label} into ${this.label}, got ${slices.label}.`,
    );
  }
  const [target, source] = operands("scatterAdd", this, slices);
  return scatterAdd.apply([target, indices, source], { axis: position });
});
method("scatterElementsAdd", function (this: Tensor, indices: Tensor, values: Tensor, axis: number) {
  requireKind("scatterElementsAdd", "index", indices);
  const [target, source] = operands("scatterElementsAdd", this, values);
  return scatterElementsAdd.apply([target, indices, source], {
    axis: normaliseAxis("scatterElementsAdd", axis, this.rank),
  });
});
method("oneHot", function (this: Tensor, depth: number) {
  requireKind("oneHot", "index", this);
  return oneHot.apply([this], { depth });
});
