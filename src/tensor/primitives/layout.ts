/** Moving elements without computing: reshape, transpose, expand, slice, concatenate, pad. */
import { ShapeError } from "#base";
import { definePrimitive, method } from "../primitive.ts";
import {
  addDims,
  broadcastShapes,
  type Dim,
  factors,
  isConcrete,
  normaliseAxis,
  type Shape,
  sameShape,
  showShape,
  sizeOf,
} from "../shape.ts";
import { concreteShape, operands, type Tensor } from "../tensor.ts";
import { summedTo, zerosLike } from "./broadcast.ts";

declare module "../tensor.ts" {
  interface Tensor {
    /** The same elements in another shape; one axis may be -1 where the sizes are numbers. */
    reshape(shape: Shape): Tensor;
    /** Axes in another order; without arguments, reversed. */
    transpose(...permutation: readonly number[]): Tensor;
    /** Exchanges two axes. */
    swap(a: number, b: number): Tensor;
    /** Stretches axes of 1 to `shape`. */
    expand(shape: Shape): Tensor;
    /** Puts an axis of 1 at `axis`. */
    unsqueeze(axis: number): Tensor;
    /** Removes an axis of 1. */
    squeeze(axis: number): Tensor;
    /** Elements start .. end (excluded) of an axis; negative bounds count from the end. `named` is the axis' new name where it has one. */
    slice(axis: number, start: number, end?: number, named?: Dim): Tensor;
    /** One element of an axis, which goes away. */
    at(axis: number, index: number): Tensor;
    /** Parts of the given sizes along an axis. */
    split(axis: number, sizes: Shape): Tensor[];
    /** Adds `before` and `after` elements of `value` along an axis. */
    pad(axis: number, before: number, after: number, value?: number): Tensor;
  }
}

export const reshape = definePrimitive<{ shape: Shape }>("reshape", {
  infer: ([x], { shape }) => {
    const [from, to] = [factors(x.shape), factors(shape)];
    if (from.count !== to.count || (from.count !== 0 && from.names !== to.names)) {
      throw new ShapeError(`reshape: expected a shape of as many elements as ${x.label}, got ${showShape(shape)}.`);
    }
    return { shape, dtype: x.dtype };
  },
  vjp: (gradient, [x]) => [gradient.reshape(x.shape)],
  onnx: (emit, [x], { attributes: { shape } }) => {
    // allowzero: an axis of 0 means empty, not "as in the input"; ONNX forbids it beside -1.
    if (isConcrete(shape)) return emit.node("Reshape", [x, emit.ints(shape)], { attributes: { allowzero: 1 } });
    const names = shape.filter((dim) => typeof dim === "string");
    const target =
      names.length === 1 ? emit.ints(shape.map((dim) => (typeof dim === "number" ? dim : -1))) : emit.shape(shape);
    return emit.node("Reshape", [x, target]);
  },
  examples: [
    { inputs: [[2, 6]], attributes: { shape: [3, 4] } },
    { inputs: [[2, 3]], attributes: { shape: [6, 1] } },
    { inputs: [[0, 3]], attributes: { shape: [3, 0] } },
  ],
});

export const transpose = definePrimitive<{ permutation: readonly number[] }>("transpose", {
  infer: ([x], { permutation }) => ({ shape: permutation.map((axis) => x.shape[axis]), dtype: x.dtype }),
  vjp: (gradient, _, { attributes: { permutation } }) => [
    gradient.transpose(...permutation.map((__, axis) => permutation.indexOf(axis))),
  ],
  onnx: (emit, [x], { attributes: { permutation } }) =>
    emit.node("Transpose", [x], { attributes: { perm: permutation } }),
  examples: [
    { inputs: [[2, 3]], attributes: { permutation: [1, 0] } },
    { inputs: [[2, 3, 4]], attributes: { permutation: [2, 0, 1] } },
  ],
});

export const expand = definePrimitive<{ shape: Shape }>("expand", {
  infer: ([x], { shape }) => {
    if (!sameShape(broadcastShapes("expand", x, shape), shape)) {
      throw new ShapeError(`expand: ${x.label} does not stretch to ${showShape(shape)}. Only axes of 1 stretch.`);
    }
    return { shape, dtype: x.dtype };
  },
  vjp: (gradient, [x]) => [summedTo(gradient, x.shape)],
  onnx: (emit, [x], { attributes: { shape } }) => emit.node("Expand", [x, emit.shape(shape)]),
  examples: [
    { inputs: [[2, 1, 3]], attributes: { shape: [2, 4, 3] } },
    { inputs: [[]], attributes: { shape: [2, 3] } },
  ],
});

type Slice = { axis: number; start: number; end: number; dim: Dim };

export const slice = definePrimitive<Slice>("slice", {
  infer: ([x], { axis, dim }) => ({ shape: x.shape.map((size, at) => (at === axis ? dim : size)), dtype: x.dtype }),
  vjp: (gradient, [x], { attributes: { axis, start, end } }) => {
    const size = concreteShape("gradient of slice", x)[axis];
    return [gradient.pad(axis, start, size - Math.min(end, size))];
  },
  onnx: (emit, [x], { attributes: { axis, start, end } }) =>
    emit.node("Slice", [x, emit.ints([start]), emit.ints([end]), emit.ints([axis])]),
  examples: [
    { inputs: [[5, 3]], attributes: { axis: 0, start: 1, end: 4, dim: 3 } },
    { inputs: [[2, 4]], attributes: { axis: 1, start: 3, end: 4, dim: 1 } },
  ],
});

type Pad = { axis: number; before: number; after: number; value: number };

export const pad = definePrimitive<Pad>("pad", {
  infer: ([x], { axis, before, after }) => ({
    shape: x.shape.map((size, at) => (at === axis ? addDims([before, size, after]) : size)),
    dtype: x.dtype,
  }),
  vjp: (gradient, [x], { attributes: { axis, before } }) => [
    gradient.slice(axis, before, before + concreteShape("gradient of pad", x)[axis]),
  ],
  onnx: (emit, [x], { inputs, attributes: { axis, before, after, value } }) => {
    const widths = [before, after].flatMap((width) => inputs[0].shape.map((_, at) => (at === axis ? width : 0)));
    return emit.node("Pad", [x, emit.ints(widths), emit.scalar(value, inputs[0].dtype)]);
  },
  examples: [
    { inputs: [[2, 3]], attributes: { axis: 1, before: 1, after: 2, value: 0 } },
    { inputs: [[2]], attributes: { axis: 0, before: 0, after: 1, value: 7 } },
  ],
});

export const concatenate = definePrimitive<{ axis: number }>("concat", {
  infer: (parts, { axis }) => {
    const [first] = parts;
    for (const part of parts) {
      if (part.rank !== first.rank || part.shape.some((dim, at) => at !== axis && dim !== first.shape[at])) {
        throw new ShapeError(
          `concat: expected shapes that differ in axis ${axis} only, got ${first.label} and ${part.label}.`,
        );
      }
    }
    return {
      shape: first.shape.map((dim, at) => (at === axis ? addDims(parts.map((part) => part.shape[at])) : dim)),
      dtype: first.dtype,
    };
  },
  vjp: (gradient, parts, { attributes: { axis } }) => {
    let start = 0;
    return parts.map((part) => {
      const end = start + concreteShape("gradient of concat", part)[axis];
      const piece = gradient.slice(axis, start, end);
      start = end;
      return piece;
    });
  },
  onnx: (emit, names, { attributes: { axis } }) => emit.node("Concat", names, { attributes: { axis } }),
  examples: [
    {
      inputs: [
        [2, 3],
        [2, 1],
        [2, 2],
      ],
      attributes: { axis: 1 },
    },
    {
      inputs: [
        [1, 3],
        [0, 3],
      ],
      attributes: { axis: 0 },
    },
  ],
});

export const split = definePrimitive<{ axis: number; sizes: Shape }>("split", {
  infer: ([x], { axis, sizes }) => {
    const total = addDims(sizes);
    if (x.shape[axis] !== total) {
      throw new ShapeError(
        `split: expected sizes that add up to ${x.shape[axis]}, axis ${axis} of ${x.label}, got ${sizes.join(" + ")}.`,
      );
    }
    return sizes.map((size) => ({ shape: x.shape.map((dim, at) => (at === axis ? size : dim)), dtype: x.dtype }));
  },
  differentiatesAll: true,
  vjp: (_, __, { outputs, gradients, attributes: { axis } }) => [
    concat(
      outputs.map((output, at) => gradients[at] ?? zerosLike(output)),
      axis,
    ),
  ],
  onnx: (emit, [x], { attributes: { axis, sizes } }) =>
    emit.nodes("Split", [x, emit.shape(sizes)], { attributes: { axis }, outputs: sizes.length }),
  examples: [
    { inputs: [[2, 6]], attributes: { axis: 1, sizes: [1, 3, 2] } },
    { inputs: [[3, 2]], attributes: { axis: 0, sizes: [1, 1, 1] } },
  ],
});

/** The size of the one axis that the caller left open: what the others leave over. */
function remaining(x: Tensor, shape: Shape, free: number): number {
  const others = shape.filter((_, axis) => axis !== free);
  const rest = isConcrete(x.shape) && isConcrete(others) ? sizeOf(x.shape) / sizeOf(others) : Number.NaN;
  if (Number.isInteger(rest)) return rest;
  throw new ShapeError(
    `reshape: ${x.label} does not tell the size of the open axis in ${showShape(shape)}. Its sizes must be numbers that divide.`,
  );
}

/** Joins tensors end to end along an axis. */
export function concat(parts: readonly Tensor[], axis: number): Tensor {
  return concatenate.apply(operands("concat", ...parts), { axis: normaliseAxis("concat", axis, parts[0].rank) });
}

/** Joins tensors along a new axis. */
export function stack(parts: readonly Tensor[], axis: number): Tensor {
  return concat(
    parts.map((part) => part.unsqueeze(axis)),
    axis,
  );
}

method("reshape", function (this: Tensor, shape: Shape) {
  const free = shape.indexOf(-1);
  const target = free < 0 ? shape : shape.with(free, remaining(this, shape, free));
  return sameShape(this.shape, target) ? this : reshape.apply([this], { shape: target });
});
method("transpose", function (this: Tensor, ...permutation: readonly number[]) {
  const order = permutation.length === 0 ? this.shape.map((_, axis) => this.rank - 1 - axis) : permutation;
  if (order.length !== this.rank || this.shape.some((_, axis) => !order.includes(axis))) {
    throw new ShapeError(`transpose: expected each axis of ${this.label} once, got [${order.join(", ")}].`);
  }
  return transpose.apply([this], { permutation: order });
});
method("swap", function (this: Tensor, a: number, b: number) {
  const [first, second] = [normaliseAxis("swap", a, this.rank), normaliseAxis("swap", b, this.rank)];
  return this.transpose(...this.shape.map((_, axis) => (axis === first ? second : axis === second ? first : axis)));
});
method("expand", function (this: Tensor, shape: Shape) {
  return sameShape(this.shape, shape) ? this : expand.apply([this], { shape });
});
method("unsqueeze", function (this: Tensor, axis: number) {
  const position = normaliseAxis("unsqueeze", axis, this.rank + 1);
  return this.reshape([...this.shape.slice(0, position), 1, ...this.shape.slice(position)]);
});
method("squeeze", function (this: Tensor, axis: number) {
  const position = normaliseAxis("squeeze", axis, this.rank);
  if (this.shape[position] !== 1) {
    throw new ShapeError(`squeeze: expected axis ${axis} of ${this.label} to be 1, got ${this.shape[position]}.`);
  }
  return this.reshape(this.shape.filter((_, at) => at !== position));
});
method("slice", function (this: Tensor, axis: number, start: number, end?: number, named?: Dim) {
  const position = normaliseAxis("slice", axis, this.rank);
  const size = this.shape[position];
  if (typeof size === "string") {
    // Of a named axis only its ends can be told apart: the last k, the first k, or a name given by the caller.
    const sameEnd = end === undefined ? start < 0 : start < 0 === end < 0;
    const dim = named ?? (sameEnd ? (end ?? 0) - start : Number.NaN);
    if (typeof dim === "number" && !(dim >= 0)) {
      throw new ShapeError(
        `slice: the size of ${start}..${end ?? ""} of the named axis ${size} is not known while tracing; pass its name.`,
      );
    }
    return slice.apply([this], { axis: position, start, end: end ?? Number.MAX_SAFE_INTEGER, dim });
  }
  const from = Math.max(0, start < 0 ? start + size : start);
  const to = Math.min(size, end === undefined ? size : end < 0 ? end + size : end);
  if (from > to) {
    throw new ShapeError(
      `slice: expected a range of axis ${axis} of ${this.label}, which has ${size} elements, got ${start}..${end ?? ""}.`,
    );
  }
  return from === 0 && to === size
    ? this
    : slice.apply([this], { axis: position, start: from, end: to, dim: to - from });
});
method("at", function (this: Tensor, axis: number, index: number) {
  const size = this.shape[normaliseAxis("at", axis, this.rank)];
  if (!Number.isInteger(index) || (typeof size === "number" && (index < -size || index >= size))) {
    throw new ShapeError(
      `at: expected an index from -${size} to ${Number(size) - 1} on axis ${axis} of ${this.label}, got ${index}.`,
    );
  }
  return this.slice(axis, index, index === -1 ? undefined : index + 1).squeeze(axis);
});
method("split", function (this: Tensor, axis: number, sizes: Shape) {
  return [...split.all([this], { axis: normaliseAxis("split", axis, this.rank), sizes })];
});
method("pad", function (this: Tensor, axis: number, before: number, after: number, value = 0) {
  if (before === 0 && after === 0) return this;
  return pad.apply([this], { axis: normaliseAxis("pad", axis, this.rank), before, after, value });
});
