/**
 * Rotary position embedding: halves (a, b) of the last axis turn by an angle that depends on the position.
 * y = (a cos - b sin, a sin + b cos).   Source: RoFormer (arXiv 2104.09864), in the half-split layout of LLaMA's checkpoints.
 */
import { ShapeError } from "#base";
import { definePrimitive, method } from "../primitive.ts";
import { sameShape } from "../shape.ts";
import { operands, type Tensor } from "../tensor.ts";
import { sameFloat } from "./broadcast.ts";

declare module "../tensor.ts" {
  interface Tensor {
    /** x [B, H, T, D] with cosines and sines [T, D/2], or [B, 1, T, D/2] where rows have positions of their own. */
    rotary(cosines: Tensor, sines: Tensor): Tensor;
  }
}

export const rotary = definePrimitive("rotary", {
  infer: sameFloat("rotary"),
  vjp: (gradient, [, cosines, sines]) => [gradient.rotary(cosines, sines.neg()), null, null], // turned back
  onnx: (emit, [x, cosines, sines], { inputs }) => {
    if (!emit.double && !emit.standard && inputs[1].rank === 2) {
      // Angles of the positions at hand are the operator's tables, read from their first row on: one pass over x, not eight.
      return emit.node("RotaryEmbedding", [x, emit.ints([0]), cosines, sines], { domain: "com.microsoft" });
    }
    const half = Number(inputs[1].shape.at(-1));
    const part = (start: number, end: number) =>
      emit.node("Slice", [x, emit.ints([start]), emit.ints([end]), emit.ints([3])]);
    const [a, b] = [part(0, half), part(half, 2 * half)];
    const times = (left: string, right: string) => emit.node("Mul", [left, right]);
    const first = emit.node("Sub", [times(a, cosines), times(b, sines)]);
    const second = emit.node("Add", [times(a, sines), times(b, cosines)]);
    return emit.node("Concat", [first, second], { attributes: { axis: 3 } });
  },
  examples: [
    {
      inputs: [
        [2, 2, 3, 4],
        [3, 2],
        [3, 2],
      ],
    },
    {
      inputs: [
        [2, 2, 3, 4],
        [2, 1, 3, 2],
        [2, 1, 3, 2],
      ],
    },
  ],
});

method("rotary", function (this: Tensor, cosines: Tensor, sines: Tensor) {
  const width = this.shape.at(-1);
  const fits =
    this.rank === 4 &&
    typeof width === "number" &&
    width % 2 === 0 &&
    [cosines, sines].every(({ shape }) => {
      const each = [this.shape[2], width / 2];
      return sameShape(shape, each) || sameShape(shape, [this.shape[0], 1, ...each]);
    });
  if (!fits) {
    throw new ShapeError(
      `rotary: expected x [B, H, T, D] with D even and angles [T, D/2] or [B, 1, T, D/2], got ${this.label} with ${cosines.label} and ${sines.label}.`,
    );
  }
  return rotary.apply(operands("rotary", this, cosines, sines), {});
});
