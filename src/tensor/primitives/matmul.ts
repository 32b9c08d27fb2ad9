/** Matrix products, with transposes and a scale folded in, and the affine map of a linear layer. */
import { ShapeError } from "#base";
import type { Emitter } from "../onnx/emit.ts";
import { definePrimitive, method } from "../primitive.ts";
import { broadcastShapes, isConcrete, mergeDims, type Shape, showShape } from "../shape.ts";
import { operands, type Tensor } from "../tensor.ts";
import { requireKind, summedTo } from "./broadcast.ts";

export interface MatmulOptions {
  readonly transposeA?: boolean;
  readonly transposeB?: boolean;
  /** Multiplies the product. */
  readonly scale?: number;
}

declare module "../tensor.ts" {
  interface Tensor {
    /** Matrix product over the last two axes; leading axes broadcast. */
    matmul(other: Tensor, options?: MatmulOptions): Tensor;
    /** x Wᵀ + b with W [O, I]: x [..., I] → [..., O]. */
    affine(weight: Tensor, bias?: Tensor): Tensor;
  }
}

type Product = { transposeA: boolean; transposeB: boolean; scale: number };

export const matmul = definePrimitive<Product>("matmul", {
  infer: ([a, b], attributes) => {
    requireKind("matmul", "float", a, b);
    return { shape: productShape(a, b, attributes), dtype: a.dtype };
  },
  vjp: (gradient, [a, b], { attributes: { transposeA, transposeB, scale } }) => {
    // C = s A B: dA = s G Bᵀ, dB = s Aᵀ G; a folded transpose swaps the factors.
    const toA = transposeA
      ? b.matmul(gradient, { transposeA: transposeB, transposeB: true, scale })
      : gradient.matmul(b, { transposeB: !transposeB, scale });
    const toB = transposeB
      ? gradient.matmul(a, { transposeA: true, transposeB: transposeA, scale })
      : a.matmul(gradient, { transposeA: !transposeA, scale });
    return [summedTo(toA, a.shape), summedTo(toB, b.shape)];
  },
  onnx: (emit, [a, b], { inputs, attributes: { transposeA, transposeB, scale } }) => {
    const plain = inputs[0].rank === 2 && inputs[1].rank === 2 && !(emit.double && scale !== 1); // alpha is a float32
    if (plain && (transposeA || transposeB || scale !== 1)) {
      return emit.node("Gemm", [a, b], {
        attributes: { transA: Number(transposeA), transB: Number(transposeB), alpha: { float: scale } },
      });
    }
    if (!transposeA && !transposeB && scale === 1) return emit.node("MatMul", [a, b]);
    if (emit.double || emit.standard)
      return scaledProduct(
        emit,
        flipped(emit, a, inputs[0], transposeA),
        flipped(emit, b, inputs[1], transposeB),
        scale,
      );
    return emit.node("FusedMatMul", [a, b], {
      domain: "com.microsoft",
      attributes: { transA: Number(transposeA), transB: Number(transposeB), alpha: { float: scale } },
    });
  },
  examples: [
    {
      inputs: [
        [2, 3],
        [3, 4],
      ],
      attributes: { transposeA: false, transposeB: false, scale: 1 },
    },
    {
      inputs: [
        [3, 2],
        [4, 3],
      ],
      attributes: { transposeA: true, transposeB: true, scale: 0.5 },
    },
    {
      inputs: [
        [2, 3],
        [4, 3],
      ],
      attributes: { transposeA: false, transposeB: true, scale: 1 },
    },
    {
      inputs: [
        [5, 2, 3],
        [3, 4],
      ],
      attributes: { transposeA: false, transposeB: false, scale: 1 },
    },
    {
      inputs: [
        [5, 2, 3],
        [5, 4, 3],
      ],
      attributes: { transposeA: false, transposeB: true, scale: 2 },
    },
    {
      inputs: [
        [2, 1, 3, 2],
        [5, 3, 4],
      ],
      attributes: { transposeA: true, transposeB: false, scale: 1 },
    },
    {
      inputs: [
        [0, 3],
        [3, 4],
      ],
      attributes: { transposeA: false, transposeB: false, scale: 1 },
    },
  ],
});

function productShape(a: Tensor, b: Tensor, { transposeA, transposeB }: Product): Shape {
  if (a.rank < 2 || b.rank < 2) {
    throw new ShapeError(
      `matmul: expected matrices or stacks of them, got ${a.label} and ${b.label}. Add an axis with unsqueeze().`,
    );
  }
  const [rows, inner] = transposeA ? [a.shape.at(-1)!, a.shape.at(-2)!] : [a.shape.at(-2)!, a.shape.at(-1)!];
  const [innerB, columns] = transposeB ? [b.shape.at(-1)!, b.shape.at(-2)!] : [b.shape.at(-2)!, b.shape.at(-1)!];
  if (inner !== innerB) {
    throw new ShapeError(
      `matmul: expected equal inner axes, got ${inner} of ${a.label}${transposeA ? " transposed" : ""} and ${innerB} of ${b.label}${transposeB ? " transposed" : ""}.`,
    );
  }
  const stacks = [a, b].map(({ shape, label }) => ({ shape: shape.slice(0, -2), label }));
  return [...broadcastShapes("matmul, leading axes", ...stacks), rows, columns];
}

function flipped(emit: Emitter, name: string, tensor: Tensor, flip: boolean): string {
  if (!flip) return name;
  const perm = tensor.shape.map((_, axis) => axis);
  perm.push(perm.pop()!, perm.pop()!);
  return emit.node("Transpose", [name], { attributes: { perm } });
}

function scaledProduct(emit: Emitter, a: string, b: string, scale: number): string {
  const product = emit.node("MatMul", [a, b]);
  return scale === 1 ? product : emit.node("Mul", [product, emit.scalar(scale)]);
}

export const affine = definePrimitive("affine", {
  infer: ([x, weight, bias]) => {
    requireKind("affine", "float", x, weight);
    if (
      weight.rank !== 2 ||
      x.shape.at(-1) !== weight.shape[1] ||
      (bias && !(bias.rank === 1 && bias.shape[0] === weight.shape[0]))
    ) {
      throw new ShapeError(
        `affine: expected x of shape [..., ${weight.shape[1]}] for the weight ${weight.label}, got ${showShape(x.shape)}` +
          `${bias ? ` and bias ${bias.label}` : ""}. The last axis is the width; look at the layer that feeds it.`,
      );
    }
    return { shape: [...x.shape.slice(0, -1), weight.shape[0]], dtype: x.dtype };
  },
  vjp: (gradient, [x, weight, bias]) => {
    const rows = mergeDims(x.shape.slice(0, -1));
    const flatGradient = gradient.reshape([rows, weight.shape[0]]); // [M, O]
    const toWeight = flatGradient.matmul(x.reshape([rows, weight.shape[1]]), { transposeA: true }); // [O, I]
    const toX = flatGradient.matmul(weight).reshape(x.shape);
    return bias === undefined ? [toX, toWeight] : [toX, toWeight, flatGradient.sum(0)];
  },
  onnx: (emit, names, { inputs: [x, weight] }) => {
    // Gemm adds the bias in the same pass; it wants two axes, and a reshape moves nothing.
    const [name, ...rest] = names;
    const flat = x.rank === 2 ? name : emit.node("Reshape", [name, emit.ints([-1, Number(weight.shape[1])])]);
    const product = emit.node("Gemm", [flat, ...rest], { attributes: { transB: 1 } });
    const shape = [...x.shape.slice(0, -1), weight.shape[0]];
    if (x.rank === 2) return product;
    return emit.node("Reshape", [product, isConcrete(shape) ? emit.ints(shape) : emit.shape(shape)]);
  },
  examples: [
    { inputs: [[2, 3], [4, 3], [4]] },
    { inputs: [[2, 5, 3], [4, 3], [4]] },
    {
      inputs: [
        [2, 5, 3],
        [4, 3],
      ],
    },
  ],
});

method(
  "matmul",
  function (this: Tensor, other: Tensor, { transposeA = false, transposeB = false, scale = 1 }: MatmulOptions = {}) {
    return matmul.apply(operands("matmul", this, other), { transposeA, transposeB, scale });
  },
);
method("affine", function (this: Tensor, weight: Tensor, bias?: Tensor) {
  return affine.apply(operands("affine", this, weight, ...(bias === undefined ? [] : [bias])), {});
});
