/**
 * Linear maps whose weights stay 4- or 8-bit: blocks of neighbouring weights of a row share a scale.
 *   W[o, i] = scale[o, ⌊i / block⌋] (code[o, i] - 2^(bits - 1)),   y = x Wᵀ
 * ONNX Runtime's MatMulNBits multiplies without writing W; its `accuracy_level` 4 rounds x to 8 bits for that, 0 does not.
 * The gradient of x is exact: gradient · W, dequantised where it is needed. Codes and scales are never trained.
 */
import { ShapeError } from "#base";
import type { Emitter } from "../onnx/emit.ts";
import { definePrimitive, method } from "../primitive.ts";
import { concreteShape, type Tensor } from "../tensor.ts";
import { requireKind } from "./broadcast.ts";

declare module "../tensor.ts" {
  interface Tensor {
    /**
     * x Wᵀ with quantised W: this [..., I], codes [O, I / block, block · bits / 8] uint8, scales [O, I / block] → [..., O].
     * `rounded`: x is rounded to 8 bits too, which is faster for few rows and not exact.
     */
    quantisedAffine(codes: Tensor, scales: Tensor, options: QuantisedOptions): Tensor;
    /** The weights [O, I] of codes [O, I / block, block · bits / 8] and scales [O, I / block]. */
    dequantise(scales: Tensor, bits: Bits): Tensor;
  }
}

export type Bits = 4 | 8;

export interface QuantisedOptions {
  readonly bits: Bits;
  readonly rounded: boolean;
}

/** Sizes of the matrix behind codes and scales. */
function sizesOf(who: string, codes: Tensor, scales: Tensor, bits: Bits) {
  const shape = concreteShape(who, codes);
  const [outDim, blocks, bytes] = shape;
  if (shape.length !== 3 || codes.dtype !== "uint8" || scales.shape.join() !== `${outDim},${blocks}`) {
    throw new ShapeError(
      `${who}: expected codes [O, blocks, bytes] of uint8 and scales [O, blocks], got ${codes.dtype} ${codes.label} and ${scales.label}.`,
    );
  }
  const block = (bytes * 8) / bits;
  return { outDim, blocks, block, inDim: blocks * block };
}

const CODES = (shape: readonly number[]) => ({ shape, dtype: "uint8", values: { below: 256 } }) as const;
const FOUR = { bits: 4, rounded: false } as const;
const EIGHT = { bits: 8, rounded: false } as const;

export const dequantise = definePrimitive<{ bits: Bits }>("dequantise", {
  infer: ([codes, scales], { bits }) => {
    requireKind("dequantise", "float", scales);
    const { outDim, inDim } = sizesOf("dequantise", codes, scales, bits);
    return { shape: [outDim, inDim], dtype: scales.dtype };
  },
  vjp: "not differentiable",
  onnx: (emit, names, { inputs: [codes, scales], attributes: { bits } }) =>
    emitWeights(emit, names, codes, scales, bits),
  examples: [
    { inputs: [CODES([3, 2, 16]), [3, 2]], attributes: { bits: 4 } },
    { inputs: [CODES([2, 1, 32]), [2, 1]], attributes: { bits: 8 } },
  ],
});

function emitWeights(emit: Emitter, names: readonly string[], codes: Tensor, scales: Tensor, bits: Bits): string {
  const { outDim, blocks, block, inDim } = sizesOf("dequantise", codes, scales, bits);
  const [packed, scale] = names;
  const whole = bits === 8 ? packed : nibbles(emit, packed, [outDim, blocks, block]);
  const to = emit.double ? 11 : 1; // ONNX's numbers of float64 and float32
  const centred = emit.node("Sub", [emit.node("Cast", [whole], { attributes: { to } }), emit.scalar(2 ** (bits - 1))]);
  const weights = emit.node("Mul", [centred, emit.node("Unsqueeze", [scale, emit.ints([-1])])]);
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

export const quantisedAffine = definePrimitive<{ bits: Bits; rounded: boolean }>("quantisedAffine", {
  infer: ([x, codes, scales], { bits }) => {
    requireKind("quantisedAffine", "float", x, scales);
    const { outDim, inDim } = sizesOf("quantisedAffine", codes, scales, bits);
    if (x.shape.at(-1) !== inDim) {
      throw new ShapeError(`quantisedAffine: expected x of shape [..., ${inDim}] for ${codes.label}, got ${x.label}.`);
    }
    return { shape: [...x.shape.slice(0, -1), outDim], dtype: x.dtype };
  },
  vjp: (gradient, [, codes, scales], { attributes: { bits } }) => [
    gradient.matmul(codes.dequantise(scales, bits)),
    null,
    null,
  ],
  onnx: (emit, names, { inputs: [, codes, scales], attributes: { bits, rounded } }) => {
    const [x, packed, scale] = names;
    if (emit.double || emit.standard) {
      const weights = emitWeights(emit, [packed, scale], codes, scales, bits);
      return emit.node("MatMul", [x, emit.node("Transpose", [weights], { attributes: { perm: [1, 0] } })]);
    }
    const { outDim, inDim, block } = sizesOf("quantisedAffine", codes, scales, bits);
    return emit.node("MatMulNBits", [x, packed, scale], {
      domain: "com.microsoft",
      attributes: { K: inDim, N: outDim, bits, block_size: block, accuracy_level: rounded ? 4 : 0 },
    });
  },
  examples: [
    { inputs: [[3, 64], CODES([5, 2, 16]), [5, 2]], attributes: FOUR },
    { inputs: [[2, 3, 32], CODES([4, 1, 32]), [4, 1]], attributes: EIGHT },
    { inputs: [[1, 32], CODES([3, 2, 16]), [3, 2]], attributes: EIGHT },
  ],
});

method("quantisedAffine", function (this: Tensor, codes: Tensor, scales: Tensor, { bits, rounded }: QuantisedOptions) {
  return quantisedAffine.apply([this, codes, scales], { bits, rounded });
});
method("dequantise", function (this: Tensor, scales: Tensor, bits: Bits) {
  return dequantise.apply([this, scales], { bits });
});
