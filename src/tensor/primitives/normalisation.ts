/** Softmax and its logarithm, cross-entropy from logits, layer and RMS normalisation. */

import { ShapeError } from "#base";
import type { Emitter } from "../onnx/emit.ts";
import { definePrimitive, method } from "../primitive.ts";
import { mergeDims, normaliseAxis, type Shape, sameShape, sizeOf } from "../shape.ts";
import { operands, type Tensor } from "../tensor.ts";
import { requireKind, sameFloat, summedTo } from "./broadcast.ts";

declare module "../tensor.ts" {
  interface Tensor {
    softmax(axis?: number): Tensor;
    logSoftmax(axis?: number): Tensor;
    /** -log softmax(this)[target] over the last axis: logits [..., V], targets [...] int32 → [...]. */
    crossEntropy(targets: Tensor): Tensor;
    /** (x - mean) / sqrt(variance + epsilon) * scale + shift over the last axis. */
    layerNorm(scale: Tensor, shift: Tensor, epsilon: number): Tensor;
    /** x / sqrt(mean(x²) + epsilon) * scale over the last axis. */
    rmsNorm(scale: Tensor, epsilon: number): Tensor;
  }
}

const ALONG = [
  { inputs: [[2, 5]], attributes: { axis: 1 } },
  { inputs: [[2, 3, 4]], attributes: { axis: 1 } },
] as const;

export const softmax = definePrimitive<{ axis: number }>("softmax", {
  infer: sameFloat("softmax"),
  // dx = y (g - Σ g y)
  vjp: (gradient, _, { output, attributes: { axis } }) => {
    const weighted = gradient.mul(output);
    return [weighted.sub(output.mul(weighted.sum(axis, { keepDims: true })))];
  },
  onnx: (emit, [x], { attributes: { axis } }) => emit.node("Softmax", [x], { attributes: { axis } }),
  examples: ALONG,
});

export const logSoftmax = definePrimitive<{ axis: number }>("logSoftmax", {
  infer: sameFloat("logSoftmax"),
  // dx = g - softmax(x) Σ g
  vjp: (gradient, _, { output, attributes: { axis } }) => [
    gradient.sub(output.exp().mul(gradient.sum(axis, { keepDims: true }))),
  ],
  onnx: (emit, [x], { attributes: { axis } }) => emit.node("LogSoftmax", [x], { attributes: { axis } }),
  examples: ALONG,
});

// One rule for the pair, because the chain through gatherElements would write a zero matrix and read it twice.
export const crossEntropy = definePrimitive("crossEntropy", {
  infer: ([logits, targets]) => {
    requireKind("crossEntropy", "float", logits);
    requireKind("crossEntropy", "index", targets);
    if (logits.rank === 0 || !sameShape(logits.shape.slice(0, -1), targets.shape)) {
      throw new ShapeError(
        `crossEntropy: expected logits [..., V] and targets [...], got ${logits.label} and ${targets.label}.`,
      );
    }
    return [
      { shape: targets.shape, dtype: logits.dtype },
      { shape: logits.shape, dtype: logits.dtype },
    ];
  },
  // dlogits = g (softmax - onehot)
  vjp: (gradient, [, targets], { outputs: [, logProbabilities] }) => {
    const column = gradient.unsqueeze(-1);
    return [logProbabilities.exp().mul(column).scatterElementsAdd(targets.unsqueeze(-1), column.neg(), -1), null];
  },
  onnx: (emit, [logits, targets]) => {
    const logProbabilities = emit.node("LogSoftmax", [logits], { attributes: { axis: -1 } });
    const index = emit.node("Unsqueeze", [targets, emit.ints([-1])]);
    const chosen = emit.node("GatherElements", [logProbabilities, index], { attributes: { axis: -1 } });
    return [emit.node("Neg", [emit.node("Squeeze", [chosen, emit.ints([-1])])]), logProbabilities];
  },
  examples: [
    { inputs: [[4, 7], { shape: [4], dtype: "int32", values: { below: 7 } }] },
    { inputs: [[2, 3, 5], { shape: [2, 3], dtype: "int32", values: { below: 5 } }] },
  ],
});

type Epsilon = { epsilon: number };

/** x [..., D] beside weights [D]. */
function withWidth(who: string, inputs: readonly Tensor[]): readonly Tensor[] {
  requireKind(who, "float", ...inputs);
  const [x, ...weights] = inputs;
  const width = x.shape.at(-1);
  for (const weight of weights) {
    if (width !== undefined && sameShape(weight.shape, [width])) continue;
    throw new ShapeError(
      `${who}: expected weights of shape [${width ?? "D"}] for ${x.label}, got ${weight.label}. The last axis is the width.`,
    );
  }
  return inputs;
}
const reduced = (shape: Shape): Shape => shape.map((dim, axis) => (axis === shape.length - 1 ? 1 : dim));

export const layerNorm = definePrimitive<Epsilon>("layerNorm", {
  infer: (inputs) => {
    const [{ shape, dtype }] = withWidth("layerNorm", inputs);
    return [
      { shape, dtype },
      { shape: reduced(shape), dtype },
      { shape: reduced(shape), dtype },
    ];
  },
  // with n = (x - mean) inverse and h = g scale: dx = inverse (h - mean(h) - n mean(h n)).
  // Means over the width are products with the scale and sums over rows products with ones: each reads once, writes little.
  vjp: (gradient, [x, scale], { outputs: [, mean, inverse] }) => {
    const [rows, width] = [mergeDims(x.shape.slice(0, -1)), sizeOf(x.shape.slice(-1))];
    const normal = x.sub(mean).mul(inverse);
    const product = gradient.mul(normal).reshape([rows, width]); // [M, D]
    const flat = gradient.reshape([rows, width]);
    const column = scale.reshape([width, 1]);
    const along = mean.shape;
    const meanOfInner = flat.matmul(column, { scale: 1 / width }).reshape(along);
    const meanOfProduct = product.matmul(column, { scale: 1 / width }).reshape(along);
    const toX = gradient.mul(scale).sub(meanOfInner).sub(normal.mul(meanOfProduct)).mul(inverse);
    return [toX, product.sum(0), flat.sum(0)];
  },
  onnx: (emit, names, { attributes: { epsilon } }) => {
    if (emit.double) return layerNormInDouble(emit, names, epsilon);
    return emit.nodes("LayerNormalization", names, {
      attributes: { axis: -1, epsilon: { float: epsilon } },
      outputs: 3,
    });
  },
  examples: [
    { inputs: [[3, 5], [5], [5]], attributes: { epsilon: 1e-5 } },
    { inputs: [[2, 3, 4], [4], [4]], attributes: { epsilon: 1e-3 } },
  ],
});

// ONNX Runtime's own float64 kernel returns mean and inverse in float32.
function layerNormInDouble(emit: Emitter, [x, scale, shift]: readonly string[], epsilon: number): readonly string[] {
  const average = (of: string) => emit.node("ReduceMean", [of, emit.ints([-1])], { attributes: { keepdims: 1 } });
  const mean = average(x);
  const centred = emit.node("Sub", [x, mean]);
  const variance = average(emit.node("Mul", [centred, centred]));
  const inverse = emit.node("Reciprocal", [emit.node("Sqrt", [emit.node("Add", [variance, emit.scalar(epsilon)])])]);
  const scaled = emit.node("Mul", [emit.node("Mul", [centred, inverse]), scale]);
  return [emit.node("Add", [scaled, shift]), mean, inverse];
}

export const rmsNorm = definePrimitive<Epsilon>("rmsNorm", {
  infer: (inputs) => {
    const [{ shape, dtype }] = withWidth("rmsNorm", inputs);
    return [
      { shape, dtype },
      { shape: reduced(shape), dtype },
    ];
  },
  // with n = x inverse and h = g scale: dx = inverse (h - n mean(h n))
  vjp: (gradient, [x, scale], { outputs: [, inverse] }) => {
    const normal = x.mul(inverse);
    const inner = gradient.mul(scale);
    const toX = inner.sub(normal.mul(inner.mul(normal).mean(-1, { keepDims: true }))).mul(inverse);
    return [toX, summedTo(gradient.mul(normal), scale.shape)];
  },
  onnx: (emit, names, { attributes: { epsilon } }) => {
    if (!emit.double) {
      // Two outputs, the second its inverse root mean square. (On the WebGPU provider of 1.30.0 that second one is wrong.)
      return emit.nodes("SimplifiedLayerNormalization", names, {
        attributes: { axis: -1, epsilon: { float: epsilon } },
        outputs: 2,
      });
    }
    const [x, scale] = names;
    const power = emit.node("ReduceMean", [emit.node("Mul", [x, x]), emit.ints([-1])], { attributes: { keepdims: 1 } });
    const inverse = emit.node("Reciprocal", [emit.node("Sqrt", [emit.node("Add", [power, emit.scalar(epsilon)])])]);
    return [emit.node("Mul", [emit.node("Mul", [x, inverse]), scale]), inverse];
  },
  examples: [
    { inputs: [[3, 5], [5]], attributes: { epsilon: 1e-5 } },
    { inputs: [[2, 3, 4], [4]], attributes: { epsilon: 1e-3 } },
  ],
});

for (const primitive of [softmax, logSoftmax]) {
  method(primitive.name as "softmax", function (this: Tensor, axis = -1) {
    return primitive.apply([this], { axis: normaliseAxis(primitive.name, axis, this.rank) });
  });
}
method("crossEntropy", function (this: Tensor, targets: Tensor) {
  return crossEntropy.apply([this, targets], {});
});
method("layerNorm", function (this: Tensor, scale: Tensor, shift: Tensor, epsilon: number) {
  return layerNorm.apply(operands("layerNorm", this, scale, shift), { epsilon });
});
method("rmsNorm", function (this: Tensor, scale: Tensor, epsilon: number) {
  return rmsNorm.apply(operands("rmsNorm", this, scale), { epsilon });
});
