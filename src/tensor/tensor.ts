/**
 * A traced array: shape, dtype and where it comes from. Nothing is computed when one is made; `compile` walks back from
 * the outputs. Operations are methods, declared beside each primitive's rules in primitives/.
 */
import { DTypeError, ShapeError } from "#base";
import { allocate, type DType, type NdArray, type TypedArray } from "./dtype.ts";
import type { Node } from "./primitive.ts";
import { isConcrete, type Shape, showShape, sizeOf } from "./shape.ts";

/** How the values of a leaf that is drawn afresh in every run are made. */
export interface Draw {
  /** What is drawn and from which stream, for printed graphs: `bernoulli(0.8) dropout/0`. */
  readonly label: string;
  /** Fills `data` from the run's key. */
  fill(key: unknown, data: TypedArray): void;
}

/** Where a tensor's values come from. */
export type Source =
  | { readonly kind: "input"; readonly name: string }
  | { readonly kind: "parameter"; readonly address: string }
  /** `exact`: a number before it was rounded to its dtype, for graphs in double precision. */
  | { readonly kind: "constant"; readonly value: NdArray; readonly exact?: number }
  | { readonly kind: "drawn"; readonly draw: Draw }
  | { readonly kind: "output"; readonly node: Node; readonly index: number };

export class Tensor {
  constructor(
    readonly shape: Shape,
    readonly dtype: DType,
    readonly source: Source,
  ) {}

  /** Number of axes. */
  get rank(): number {
    return this.shape.length;
  }

  /** How errors call it: a parameter by its address, an input by its name, else its dtype and shape. */
  get label(): string {
    if (this.source.kind === "parameter") return `"${this.source.address}" ${showShape(this.shape)}`;
    if (this.source.kind === "input") return `input "${this.source.name}" ${showShape(this.shape)}`;
    return `${this.dtype} ${showShape(this.shape)}`;
  }
}

/** What stands beside a tensor in an operation: another one, or a number of the same dtype. */
export type Operand = Tensor | number;

/** A value fed at each run. */
export function input(name: string, shape: Shape, dtype: DType): Tensor {
  return new Tensor(shape, dtype, { kind: "input", name });
}

/** A weight, fed from the array at its address. */
export function parameter(address: string, shape: readonly number[], dtype: DType = "float32"): Tensor {
  return new Tensor(shape, dtype, { kind: "parameter", address });
}

/** Values drawn afresh at each run. */
export function drawn(shape: Shape, dtype: DType, draw: Draw): Tensor {
  return new Tensor(shape, dtype, { kind: "drawn", draw });
}

/** Values known while tracing: a number (rank 0) or an array. */
export function constant(value: number | NdArray, dtype: DType = "float32"): Tensor {
  if (typeof value === "number")
    return new Tensor([], dtype, { kind: "constant", value: scalar(value, dtype), exact: value });
  if (value.data.length !== sizeOf(value.shape)) {
    throw new ShapeError(
      `constant: ${value.data.length} values do not fill the shape ${showShape(value.shape)}, which needs ${sizeOf(value.shape)}.`,
    );
  }
  return new Tensor(value.shape, value.dtype, { kind: "constant", value });
}

function scalar(value: number, dtype: DType): NdArray {
  const whole = Number.isSafeInteger(value);
  const fits =
    dtype === "bool"
      ? value === 0 || value === 1
      : dtype === "int32"
        ? whole && (value | 0) === value
        : dtype === "int64"
          ? whole
          : true;
  if (!fits) {
    throw new DTypeError(`constant: ${value} is not of type ${dtype}. Cast the tensor beside it with cast("float32").`);
  }
  const data = allocate(dtype, 1);
  if (data instanceof BigInt64Array) data[0] = BigInt(value);
  else data[0] = value;
  return { dtype, shape: [], data };
}

/** Numbers become constants of the first tensor's dtype; tensors must agree. */
export function operands(who: string, ...values: readonly Operand[]): Tensor[] {
  const first = values.find((value) => value instanceof Tensor);
  if (first === undefined) throw new Error(`internal: ${who} of numbers only`);
  return values.map((value) => {
    if (typeof value === "number") return constant(value, first.dtype);
    if (value.dtype !== first.dtype) {
      throw new DTypeError(
        `${who}: expected one element type, got ${first.dtype} (${first.label}) and ${value.dtype} (${value.label}). Cast one of them.`,
      );
    }
    return value;
  });
}

/** The shape, when every axis is a number. */
export function concreteShape(who: string, tensor: Tensor): readonly number[] {
  if (isConcrete(tensor.shape)) return tensor.shape;
  throw new ShapeError(
    `${who}: expected numbers for every axis of ${tensor.label}; a gradient needs sizes that are known while tracing.`,
  );
}
