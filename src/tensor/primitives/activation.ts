/** Activation functions. */

import { emitErf } from "../onnx/erf.ts";
import { definePrimitive, method } from "../primitive.ts";
import type { Tensor } from "../tensor.ts";
import { sameFloat } from "./broadcast.ts";

declare module "../tensor.ts" {
  interface Tensor {
    /** max(x, 0) */
    relu(): Tensor;
    /** x Φ(x), the exact form with erf */
    gelu(): Tensor;
    /** x sigmoid(x) */
    silu(): Tensor;
    /** x where x > 0, else exp(x) - 1 */
    elu(): Tensor;
    /** log(1 + exp(x)), without overflow */
    softplus(): Tensor;
  }
}

const EXAMPLES = [{ inputs: [[2, 3]] }, { inputs: [[]] }, { inputs: [[0, 2]] }] as const;

// Multiplying by the sign of the output (0 or 1) is faster in ONNX Runtime than a comparison and Where.
export const relu = definePrimitive("relu", {
  infer: sameFloat("relu"),
  vjp: (gradient, _, { output }) => [gradient.mul(output.sign())],
  onnx: "Relu",
  examples: EXAMPLES,
});

export const gelu = definePrimitive("gelu", {
  infer: sameFloat("gelu"),
  // d/dx x Φ(x) = Φ(x) + x φ(x)
  vjp: (gradient, [x]) => {
    const distribution = x.mul(Math.SQRT1_2).erf().add(1).mul(0.5);
    const density = x
      .mul(x)
      .mul(-0.5)
      .exp()
      .mul(1 / Math.sqrt(2 * Math.PI));
    return [gradient.mul(distribution.add(x.mul(density)))];
  },
  onnx: (emit, [x]) => {
    if (!emit.double) return emit.node("Gelu", [x]);
    const distribution = emit.node("Add", [
      emitErf(emit, emit.node("Mul", [x, emit.scalar(Math.SQRT1_2)])),
      emit.scalar(1),
    ]);
    return emit.node("Mul", [emit.node("Mul", [x, emit.scalar(0.5)]), distribution]);
  },
  examples: EXAMPLES,
});

export const silu = definePrimitive("silu", {
  infer: sameFloat("silu"),
  // with s = sigmoid(x), y = x s: dy/dx = s + y (1 - s)
  vjp: (gradient, [x], { output }) => {
    const gate = x.sigmoid();
    return [gradient.mul(gate.add(output).sub(output.mul(gate)))];
  },
  onnx: (emit, [x]) => emit.node("Mul", [x, emit.node("Sigmoid", [x])]),
  examples: EXAMPLES,
});

export const elu = definePrimitive("elu", {
  infer: sameFloat("elu"),
  vjp: (gradient, [x], { output }) => [gradient.mul(output.add(1).where(x.lessEqual(0), 1))],
  onnx: (emit, [x]) => {
    if (!emit.double) return emit.node("Elu", [x]);
    const negative = emit.node("Sub", [emit.node("Exp", [x]), emit.scalar(1)]);
    return emit.node("Where", [emit.node("Greater", [x, emit.scalar(0)]), x, negative]);
  },
  examples: EXAMPLES,
});

export const softplus = definePrimitive("softplus", {
  infer: sameFloat("softplus"),
  vjp: (gradient, [x]) => [gradient.mul(x.sigmoid())],
  onnx: (emit, [x]) => {
    if (!emit.double) return emit.node("Softplus", [x]);
    // max(x, 0) + log(1 + exp(-|x|)): ONNX Runtime has no float64 Softplus.
    const tail = emit.node("Log", [
      emit.node("Add", [emit.node("Exp", [emit.node("Neg", [emit.node("Abs", [x])])]), emit.scalar(1)]),
    ]);
    return emit.node("Add", [emit.node("Relu", [x]), tail]);
  },
  examples: EXAMPLES,
});

for (const primitive of [relu, gelu, silu, elu, softplus]) {
  method(primitive.name as "relu", function (this: Tensor) {
    return primitive.apply([this], {});
  });
}
