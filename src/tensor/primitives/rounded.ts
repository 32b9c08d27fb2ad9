/**
 * Linear maps whose weights are whole numbers of 8 bits, one scale an output, and whose inputs are rounded row by row:
 *   W[o, i] = scale[o] code[i, o],   x̂[r] = s_r (a_r + b_r / 254) / 127,   s_r = max_i |x[r, i]|,   y = x̂ Wᵀ
 * with a, b whole numbers from -127 to 127: a nearest to 127 x / s, b nearest to 254 times what a leaves. One digit is a
 * alone, right to s / 254; two are right to s / 64,516, which is as good as float32 behind weights of 8 bits.
 * Products of whole numbers run at several times float32's speed where the CPU has them (VNNI, AMX). Rows do not depend on
 * each other. Gradients pass as if nothing was rounded, and are rounded themselves: gradient · W, rows of gradient ⊙ scale in
 * as many digits. Codes and scales are never trained.
 * Source: SwitchBack (arXiv 2304.13013), section 2.2. Differs: weights are frozen, so that there is no third product.
 */
import { ShapeError } from "#base";
import { float32 } from "../dtype.ts";
import type { Emitter } from "../onnx/emit.ts";
import { definePrimitive, method } from "../primitive.ts";
import { concreteShape, constant, type Tensor } from "../tensor.ts";
import { requireKind } from "./broadcast.ts";

declare module "../tensor.ts" {
  interface Tensor {
    /** x Wᵀ with x rounded to one or two digits: this [..., I], codes [I, O] int8, scales [O] → [..., O]. */
    roundedAffine(codes: Tensor, scales: Tensor, digits: Digits): Tensor;
  }
}

/** Of 8 bits each. */
export type Digits = 1 | 2;

/** Of one digit, and of the next within it. */
const [STEP, FINER] = [1 / 127, 1 / 254];
/** What stands for 0 among bytes. */
const CENTRE = 128;

const CODES = (shape: readonly number[]) => ({ shape, dtype: "int8", values: { below: 256 } }) as const;

export const roundedAffine = definePrimitive<{ digits: Digits }>("roundedAffine", {
  infer: ([x, codes, scales]) => {
    requireKind("roundedAffine", "float", x, scales);
    const [inDim, outDim] = concreteShape("roundedAffine", codes);
    const fits =
      codes.dtype === "int8" && codes.rank === 2 && scales.shape.join() === `${outDim}` && x.shape.at(-1) === inDim;
    if (!fits) {
      throw new ShapeError(
        `roundedAffine: expected x [..., I], codes [I, O] of int8 and scales [O], got ${x.label}, ${codes.dtype} ${codes.label} and ${scales.label}.`,
      );
    }
    return { shape: [...x.shape.slice(0, -1), outDim], dtype: x.dtype };
  },
  vjp: (gradient, [, codes, scales], { attributes: { digits } }) => {
    const [inDim] = concreteShape("roundedAffine", codes);
    const ones = constant(float32(new Float32Array(inDim).fill(1), [inDim]));
    return [gradient.mul(scales).roundedAffine(codes.transpose(1, 0), ones, digits), null, null];
  },
  onnx: (emit, [x, codes, scales], { inputs, attributes: { digits } }) => {
    if (emit.double || emit.standard) {
      const to = emit.double ? 11 : 1; // ONNX's numbers of float64 and float32
      const weights = emit.node("Mul", [emit.node("Cast", [codes], { attributes: { to } }), scales]);
      return emit.node("MatMul", [x, weights]);
    }
    const [step, centre] = [emit.scalar(STEP), emit.scalar(CENTRE, "uint8")];
    // With two digits everything has an axis in front, along which they will lie.
    const given = digits === 1 ? x : emit.node("Unsqueeze", [x, emit.ints([0])]);
    const most = emit.node("ReduceMax", [emit.node("Abs", [given]), emit.ints([-1])], { attributes: { keepdims: 1 } });
    // ONNX Runtime leaves the last axis as it is where there are no rows; a head has none where no logits are asked for.
    const size = digits === 1 ? most : emit.node("Slice", [most, emit.ints([0]), emit.ints([1]), emit.ints([-1])]);
    // In a row of zeros this is 0 / 0; rounded to a byte it is some number, which times a size of 0 is 0.
    const unit = emit.node("Div", [given, size]);
    const first = emit.node("QuantizeLinear", [unit, step, centre]);
    if (digits === 1) return emit.node("Mul", [integerProduct(emit, first, codes, scales), size]);
    const rest = emit.node("Sub", [unit, emit.node("DequantizeLinear", [first, step, centre])]);
    const second = emit.node("QuantizeLinear", [rest, emit.scalar(STEP * FINER), centre]);
    // Both digits are rows of one product, so that weights are read once.
    const both = emit.node("Concat", [first, second], { attributes: { axis: 0 } }); // [2, ..., I]
    const sizes = emit.node("Mul", [size, digitSizes(emit, inputs[0].rank)]); // [2, ..., 1]
    const products = emit.node("Mul", [integerProduct(emit, both, codes, scales), sizes]); // [2, ..., O]
    return emit.node("ReduceSum", [products, emit.ints([0])], { attributes: { keepdims: 0 } });
  },
  examples: [
    { inputs: [[3, 64], CODES([64, 5]), [5]], attributes: { digits: 1 } },
    { inputs: [[2, 3, 40], CODES([40, 4]), [4]], attributes: { digits: 2 } },
  ],
});

/** What a digit is worth: [2, 1, ..., 1], for inputs of this rank. */
function digitSizes(emit: Emitter, rank: number): string {
  const shape = [2, ...Array.from({ length: rank }, () => 1)];
  return emit.constant(`digits of rank ${rank}`, float32([1, FINER], shape));
}

/** Bytes around the centre times codes: as if they were digits times steps, exactly. */
function integerProduct(emit: Emitter, bytes: string, codes: string, scales: string): string {
  const inputs = [bytes, codes, emit.scalar(STEP), scales, emit.scalar(CENTRE, "uint8")];
  return emit.node("MatMulIntegerToFloat", inputs, { domain: "com.microsoft" });
}

method("roundedAffine", function (this: Tensor, codes: Tensor, scales: Tensor, digits: Digits) {
  return roundedAffine.apply([this, codes, scales], { digits });
});
