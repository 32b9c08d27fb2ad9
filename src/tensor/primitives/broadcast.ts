/** What broadcasting needs on the way back, and forms that primitives share. */
import type { Form } from "../primitive.ts";
import { type Shape, sameShape } from "../shape.ts";
import { constant, type Tensor } from "../tensor.ts";

/** Sums a gradient over the axes along which `shape` was stretched. */
export function summedTo(gradient: Tensor, shape: Shape): Tensor {
  if (sameShape(gradient.shape, shape)) return gradient;
  const extra = gradient.rank - shape.length;
  const stretched = gradient.shape
    .map((_, axis) => axis)
    .filter((axis) => axis < extra || (shape[axis - extra] === 1 && gradient.shape[axis] !== 1));
  return gradient.sum(stretched, { keepDims: true }).reshape(shape);
}

/** The output has the first input's shape and dtype. */
export function sameForm([x]: readonly Tensor[]): Form {
  return { shape: x.shape, dtype: x.dtype };
}

/** Zeros of a tensor's shape and dtype. */
export function zerosLike(x: Tensor): Tensor {
  return constant(0, x.dtype).expand(x.shape);
}
