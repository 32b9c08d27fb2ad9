/** What broadcasting needs on the way back, and the forms and element types that primitives share. */
import { DTypeError } from "#base";
import type { DType } from "../dtype.ts";
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

/** What a primitive computes with. */
export type Kind = "float" | "number" | "bool" | "index";

const KINDS: Readonly<Record<Kind, { readonly dtypes: readonly DType[]; readonly expected: string }>> = {
  float: { dtypes: ["float32", "float64"], expected: 'float32. Cast it with cast("float32")' },
  number: { dtypes: ["float32", "float64", "int32", "int64"], expected: 'numbers. Cast it with cast("float32")' },
  bool: { dtypes: ["bool"], expected: "bool. Compare it with something" },
  index: { dtypes: ["int32", "int64"], expected: 'int32 or int64 indices. Cast it with cast("int32")' },
};

/** Fails where a tensor is not of this kind: ONNX Runtime has no kernel for it, and says so late and unclearly. */
export function requireKind(who: string, kind: Kind, ...tensors: readonly Tensor[]): void {
  const { dtypes, expected } = KINDS[kind];
  for (const tensor of tensors) {
    if (dtypes.includes(tensor.dtype)) continue;
    throw new DTypeError(`${who}: ${tensor.label} is ${tensor.dtype}, expected ${expected}.`);
  }
}

/** The first input's shape and dtype, which must be a float's. */
export function sameFloat(who: string): (inputs: readonly Tensor[]) => Form {
  return ([x]) => {
    requireKind(who, "float", x);
    return sameForm([x]);
  };
}
