/**
 * Linear maps whose weights stay 4- or 8-bit: blocks of neighbouring weights of a row share a scale, and a minimum or none.
 *   W[o, i] = scale[o, ⌊i / block⌋] (code[o, i] - 2^(bits - 1)) + minimum[⌊i / block⌋, o],   y = x Wᵀ
 * ONNX Runtime's MatMulNBits multiplies without writing W; its `accuracy_level` 4 rounds x to 8 bits for that, 0 does not.
 * It has no minima: they meet the sums of x over blocks, y += S M, which is exact and a product `block` times smaller.
 * Gradients are exact: gradient · W, with W written out for that product alone. Codes, scales and minima are never trained.
 */
import { ShapeError } from "#base";
import type { Emitter } from "../onnx/emit.ts";
import { definePrimitive, method } from "../primitive.ts";
import type { Shape } from "../shape.ts";
import { concreteShape, type Tensor } from "../tensor.ts";
import { requireKind } from "./broadcast.ts";

declare module "../tensor.ts" {
  interface Tensor {
    /**
     * x Wᵀ with quantised W: this [..., I], codes [O, I / block, block · bits / 8] uint8, scales [O, I / block] → [..., O].
     * `rounded`: x is rounded to 8 bits too, which is faster for few rows and not exact; gradients are those of exact x.
     */
    quantisedAffine(codes: Tensor, scales: Tensor, options: QuantisedOptions): Tensor;
    /** x W, the other way through the same weights: this [..., O] → [..., I]. */
    quantisedProduct(codes: Tensor, scales: Tensor, options: Omit<QuantisedOptions, "rounded">): Tensor;
  }
}

export type Bits = 4 | 8;

export interface QuantisedOptions {
  readonly bits: Bits;
  readonly rounded: boolean;
  /** [I / block, O] */
  readonly minima?: Tensor | undefined;
}

/** Sizes of the matrix behind codes, scales and minima. */
function sizesOf(who: string, [codes, scales, minima]: readonly Tensor[], bits: Bits) {
  requireKind(who, "float", scales, ...(minima === undefined ? [] : [minima]));
  const shape = concreteShape(who, codes);
  const [outDim, blocks, bytes] = shape;
  const fits = codes.dtype === "uint8" && shape.length === 3 && scales.shape.join() === `${outDim},${blocks}`;
  if (!fits || (minima !== undefined && minima.shape.join() !== `${blocks},${outDim}`)) {
    throw new ShapeError(
      `${who}: expected codes [O, blocks, bytes] of uint8, scales [O, blocks] and minima [blocks, O] or none, got ${codes.dtype} ${[codes, scales, minima].flatMap((each) => each?.label ?? []).join(" and ")}.`,
    );
  }
  const block = (bytes * 8) / bits;
  return { outDim, blocks, block, inDim: blocks * block };
}

function widthChecked(who: string, x: Tensor, width: number, codes: Tensor): Shape {
  requireKind(who, "float", x);
  if (x.shape.at(-1) !== width) {
    throw new ShapeError(`${who}: expected x of shape [..., ${width}] for ${codes.label}, got ${x.label}.`);
  }
  return x.shape.slice(0, -1);
}

/**
 * W [O, I] in the graph. `after` names a zero [1] that is there no sooner than the gradient: without it the runtime would write all
 * matrices of a network before it needs the first, and keep them.
 */
function emitWeights(
  emit: Emitter,
  [packed, scale, minima]: readonly string[],
  tensors: readonly Tensor[],
  bits: Bits,
  after?: string,
): string {
  const { outDim, blocks, block, inDim } = sizesOf("dequantise", tensors, bits);
  const whole = bits === 8 ? packed : nibbles(emit, packed, [outDim, blocks, block]);
  const to = emit.double ? 11 : 1; // ONNX's numbers of float64 and float32
  const centred = emit.node("Sub", [emit.node("Cast", [whole], { attributes: { to } }), emit.scalar(2 ** (bits - 1))]);
  const waiting = after === undefined ? scale : emit.node("Add", [scale, after]);
  const column = (name: string) => emit.node("Unsqueeze", [name, emit.ints([-1])]);
  let weights = emit.node("Mul", [centred, column(waiting)]);
  if (minima !== undefined) {
    const turned = emit.node("Transpose", [minima], { attributes: { perm: [1, 0] } });
    weights = emit.node("Add", [weights, column(turned)]);
  }
  return emit.node("Reshape", [weights, emit.ints([outDim, inDim])]);
}

/** Bytes as pairs of 4-bit codes, the lower half first. */
function nibbles(emit: Emitter, packed: string, shape: readonly number[]): string {
  const low = emit.node("BitwiseAnd", [packed, emit.scalar(15, "uint8")]);
  const high = emit.node("BitShift", [packed, emit.scalar(4, "uint8")], { attributes: { direction: "RIGHT" } });
  const column = (name: string) => emit.node("Unsqueeze", [name, emit.ints([-1])]);
  const pairs = emit.node("Concat", [column(low), column(high)], { attributes: { axis: -1 } });
  return emit.node("Reshape", [pairs, emit.ints(shape)]);
}

/** The sums of x over blocks, times minima: x [..., I], minima [blocks, O] → [..., O] */
function emitMinima(
  emit: Emitter,
  x: string,
  minima: string,
  before: Shape,
  [blocks, block]: readonly number[],
): string {
  const split = emit.node("Reshape", [x, emit.shape([...before, blocks, block])]);
  const sums = emit.node("ReduceSum", [split, emit.ints([-1])], { attributes: { keepdims: 0 } });
  return emit.node("MatMul", [sums, minima]);
}

const CODES = (shape: readonly number[]) => ({ shape, dtype: "uint8", values: { below: 256 } }) as const;
const FOUR = { bits: 4, rounded: false } as const;
const EIGHT = { bits: 8, rounded: false } as const;

export const quantisedAffine = definePrimitive<{ bits: Bits; rounded: boolean }>("quantisedAffine", {
  infer: ([x, ...matrix], { bits }) => {
    const { outDim, inDim } = sizesOf("quantisedAffine", matrix, bits);
    return { shape: [...widthChecked("quantisedAffine", x, inDim, matrix[0]), outDim], dtype: x.dtype };
  },
  vjp: (gradient, [, codes, scales, minima], { attributes: { bits } }) => [
    gradient.quantisedProduct(codes, scales, { bits, minima }),
    null,
    null,
    null,
  ],
  onnx: (emit, [x, ...names], { inputs: [{ shape }, ...matrix], attributes: { bits, rounded } }) => {
    if (emit.double || emit.standard) {
      const weights = emitWeights(emit, names, matrix, bits);
      return emit.node("MatMul", [x, emit.node("Transpose", [weights], { attributes: { perm: [1, 0] } })]);
    }
    const { outDim, inDim, blocks, block } = sizesOf("quantisedAffine", matrix, bits);
    const [packed, scale, minima] = names;
    const product = emit.node("MatMulNBits", [x, packed, scale], {
      domain: "com.microsoft",
      attributes: { K: inDim, N: outDim, bits, block_size: block, accuracy_level: rounded ? 4 : 0 },
    });
    if (minima === undefined) return product;
    return emit.node("Add", [product, emitMinima(emit, x, minima, shape.slice(0, -1), [blocks, block])]);
  },
  examples: [
    { inputs: [[3, 64], CODES([5, 2, 16]), [5, 2]], attributes: FOUR },
    { inputs: [[2, 3, 32], CODES([4, 1, 32]), [4, 1]], attributes: EIGHT },
    { inputs: [[1, 32], CODES([3, 2, 16]), [3, 2]], attributes: EIGHT },
    { inputs: [[3, 64], CODES([5, 2, 16]), [5, 2], [2, 5]], attributes: FOUR },
  ],
});

export const quantisedProduct = definePrimitive<{ bits: Bits }>("quantisedProduct", {
  infer: ([x, ...matrix], { bits }) => {
    const { outDim, inDim } = sizesOf("quantisedProduct", matrix, bits);
    return { shape: [...widthChecked("quantisedProduct", x, outDim, matrix[0]), inDim], dtype: x.dtype };
  },
  vjp: (gradient, [, codes, scales, minima], { attributes: { bits } }) => [
    gradient.quantisedAffine(codes, scales, { bits, rounded: false, minima }),
    null,
    null,
    null,
  ],
  onnx: (emit, [x, ...names], { inputs: [{ shape }, ...matrix], attributes: { bits } }) => {
    const all = (value: number) => emit.ints(shape.map(() => value));
    const first = emit.node("Slice", [x, all(0), all(1), emit.ints(shape.map((_, axis) => axis))]);
    const after = emit.node("Reshape", [emit.node("Mul", [first, emit.scalar(0)]), emit.ints([1])]);
    return emit.node("MatMul", [x, emitWeights(emit, names, matrix, bits, after)]);
  },
  examples: [
    { inputs: [[3, 5], CODES([5, 2, 16]), [5, 2]], attributes: { bits: 4 } },
    { inputs: [[2, 3, 4], CODES([4, 1, 32]), [4, 1]], attributes: { bits: 8 } },
    { inputs: [[3, 5], CODES([5, 2, 16]), [5, 2], [2, 5]], attributes: { bits: 4 } },
  ],
});

method("quantisedAffine", function (this: Tensor, codes, scales, { bits, rounded, minima }: QuantisedOptions) {
  return quantisedAffine.apply([this, codes, scales, ...(minima === undefined ? [] : [minima])], { bits, rounded });
});
method("quantisedProduct", function (this: Tensor, codes, scales, { bits, minima }) {
  return quantisedProduct.apply([this, codes, scales, ...(minima === undefined ? [] : [minima])], { bits });
});
