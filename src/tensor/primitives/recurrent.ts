/**
 * A gated recurrent unit over time, after its input products (arXiv 1406.1078 with the reset gate behind the product, as
 * PyTorch and cuDNN have it):
 *   r, z = σ(x_r + W_r h + b_r), σ(x_z + W_z h + b_z)   n = tanh(x_n + r ⊙ (W_n h + b_n))   h' = n + z ⊙ (h - n)
 * x [T, B, 3H] in the order r, z, n; W [3H, H]; b [3H]; h starts at 0. The gates are kept for the way back, where only
 *   d_t = g_t + e_t,   p_t = f_t ⊙ (d_t, d_t, d_t),   e_{t-1} = z_t ⊙ d_t + p_t W
 * goes step by step: everything else is elementwise or one product over all steps.
 */
import { ShapeError } from "#base";
import { emitScan, emitZeros } from "../onnx/scan.ts";
import { definePrimitive, type Form, method } from "../primitive.ts";
import { type Dim, mergeDims, sameShape } from "../shape.ts";
import { operands, type Tensor } from "../tensor.ts";
import { requireKind } from "./broadcast.ts";
import { concat } from "./layout.ts";

declare module "../tensor.ts" {
  interface Tensor {
    /** States of a gated recurrent unit: input products x [T, B, 3H], weight [3H, H], bias [3H] → [T, B, H]. */
    gru(weight: Tensor, bias: Tensor): Tensor;
  }
}

export const gru = definePrimitive("gru", {
  infer: ([x, weight, bias]) => {
    requireKind("gru", "float", x, weight, bias);
    const hidden = Number(weight.shape[1]);
    const fits =
      x.rank === 3 &&
      x.shape[2] === 3 * hidden &&
      sameShape(weight.shape, [3 * hidden, hidden]) &&
      sameShape(bias.shape, [3 * hidden]);
    if (!fits) {
      throw new ShapeError(
        `gru: expected input products [T, B, 3H], a weight [3H, H] and a bias [3H], got ${x.label} with ${weight.label} and ${bias.label}.`,
      );
    }
    const wide = (width: number): Form => ({ shape: [x.shape[0], x.shape[1], width], dtype: x.dtype });
    return [wide(hidden), wide(2 * hidden), wide(hidden), wide(hidden)]; // h; r and z; n; W_n h + b_n
  },
  vjp: (gradient, [x, weight], { outputs: [states, gates, candidate, inner] }) => {
    const hidden = Number(weight.shape[1]);
    const steps = Number(x.shape[0]);
    const [reset, update] = gates.split(2, [hidden, hidden]);
    const previous = states.slice(0, 0, steps - 1).pad(0, 1, 0); // [T, B, H], 0 before the first step
    const toCandidate = unitLess(candidate.mul(candidate)).mul(unitLess(update)); // dh → what tanh reads
    const factors = concat(
      [
        toCandidate.mul(inner).mul(reset).mul(unitLess(reset)),
        previous.sub(candidate).mul(update).mul(unitLess(update)),
        toCandidate.mul(reset),
      ],
      2,
    ); // [T, B, 3H]
    const [total, products] = gruGradient.all([gradient, factors, update, weight], {});
    const toX = concat([products.slice(2, 0, 2 * hidden), total.mul(toCandidate)], 2);
    const rows = (y: Tensor, width: Dim) => y.reshape([mergeDims(y.shape.slice(0, 2)), width]);
    const toWeight = rows(products, 3 * hidden).matmul(rows(previous, hidden), { transposeA: true });
    return [toX, toWeight, products.sum([0, 1])];
  },
  onnx: (emit, [x, weight, bias], { inputs, outputs }) => {
    const [, batch, width] = inputs[0].shape;
    const { dtype } = inputs[0];
    const hidden = Number(width) / 3;
    const sizes = emit.ints([2 * hidden, hidden]);
    const halves = (name: string, axis: number) =>
      emit.nodes("Split", [name, sizes], { attributes: { axis }, outputs: 2 });
    const [xGates, xCandidate] = halves(x, 2);
    const [weightGates, weightCandidate] = halves(weight, 0);
    const [biasGates, biasCandidate] = halves(bias, 0);
    const state = { shape: [batch, hidden], dtype };
    const both = { shape: [batch, 2 * hidden], dtype };
    const sequence = (name: string, form: Form) => ({ name, shape: [inputs[0].shape[0], ...form.shape], dtype });
    const product = (h: string, matrix: string, added: string) =>
      emit.node("Gemm", [h, matrix, added], { attributes: { transB: 1 } });
    const scanned = emitScan(emit, {
      carried: [emitZeros(emit, state.shape, dtype)],
      sequences: [sequence(emit.node("Add", [xGates, biasGates]), both), sequence(xCandidate, state)],
      outputs: [state, both, state, state],
      step: ([h], [toGates, toCandidate]) => {
        const gates = emit.node("Sigmoid", [product(h, weightGates, toGates)]);
        const [reset, update] = emit.nodes("Split", [gates], { attributes: { axis: 1, num_outputs: 2 }, outputs: 2 });
        const inner = product(h, weightCandidate, biasCandidate);
        const candidate = emit.node("Tanh", [emit.node("Add", [toCandidate, emit.node("Mul", [reset, inner])])]);
        const kept = emit.node("Mul", [update, emit.node("Sub", [h, candidate])]);
        const next = emit.node("Add", [candidate, kept]);
        return [next, emit.node("Identity", [next]), gates, candidate, inner];
      },
    });
    return scanned.slice(1, 1 + outputs.length);
  },
  examples: [{ inputs: [[4, 2, 9], [9, 3], [9]] }, { inputs: [[1, 3, 6], [6, 2], [6]] }],
});

/** The way back through time: g [T, B, H], f [T, B, 3H], z [T, B, H], W [3H, H] → d [T, B, H], p [T, B, 3H]. */
export const gruGradient = definePrimitive("gruGradient", {
  infer: ([gradient, factors]) => [
    { shape: gradient.shape, dtype: gradient.dtype },
    { shape: factors.shape, dtype: factors.dtype },
  ],
  vjp: "not differentiable",
  onnx: (emit, names, { inputs, outputs }) => {
    const [, batch, hidden] = inputs[0].shape;
    const { dtype } = inputs[0];
    const sequences = names.slice(0, 3).map((name, at) => ({ name, shape: inputs[at].shape, dtype }));
    const scanned = emitScan(emit, {
      carried: [emitZeros(emit, [batch, hidden], dtype)],
      sequences,
      outputs: outputs.map(({ shape }) => ({ shape: shape.slice(1), dtype })),
      reverse: true,
      step: ([later], [gradient, factors, update]) => {
        const total = emit.node("Add", [gradient, later]);
        const tiled = emit.node("Concat", [total, total, total], { attributes: { axis: 1 } });
        const products = emit.node("Mul", [tiled, factors]);
        const earlier = emit.node("Gemm", [products, names[3], emit.node("Mul", [update, total])]);
        return [earlier, total, products];
      },
    });
    return scanned.slice(1);
  },
  examples: [
    {
      inputs: [
        [4, 2, 3],
        [4, 2, 9],
        [4, 2, 3],
        [9, 3],
      ],
    },
  ],
});

/** 1 - x */
function unitLess(x: Tensor): Tensor {
  return x.neg().add(1);
}

method("gru", function (this: Tensor, weight: Tensor, bias: Tensor) {
  return gru.apply(operands("gru", this, weight, bias), {});
});
