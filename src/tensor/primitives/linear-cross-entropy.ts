/**
 * Cross-entropy of a linear map's outputs, without the outputs: of P states at most `chunk` rows of logits exist at once.
 *   L = Σ_p w_p (log Σ_n exp⟨s_p, E_n⟩ - ⟨s_p, E_{t_p}⟩)
 *   dL/ds_p = w_p (Σ_n π_pn E_n - E_{t_p})     dL/dE_n = Σ_p w_p (π_pn - [n = t_p]) s_p     with π = softmax
 * The first terms of both are computed chunk by chunk beside the loss, while the chunk's π is there: three products and
 * no logits kept or computed again (after Liger Kernel, arXiv 2410.10989). The log-sum-exp is read off the
 * softmax at its largest logit: log Σ = m - log max π, where max π ≥ 1/N cannot vanish.
 */
import { ShapeError } from "#base";
import type { Emitter } from "../onnx/emit.ts";
import { emitScan, emitZeros, type Formed } from "../onnx/scan.ts";
import { definePrimitive, method } from "../primitive.ts";
import { sameShape } from "../shape.ts";
import { concreteShape, type Tensor } from "../tensor.ts";
import { requireKind } from "./broadcast.ts";

declare module "../tensor.ts" {
  interface Tensor {
    /**
     * Σ_p w_p · cross-entropy of softmax(E s_p) at t_p: states [P, D], table [N, D], targets [P] int32, weights [P] → [].
     * At most `chunk` rows of logits [chunk, N] exist at once. Nothing is differentiated through the weights, nor, where
     * that is `frozen`, through the table: one product in three is saved.
     */
    linearCrossEntropy(table: Tensor, targets: Tensor, weights: Tensor, chunk: number, frozen?: boolean): Tensor;
  }
}

const example = (rows: number, chunk: number) =>
  ({
    inputs: [
      [rows, 3],
      [7, 3],
      { shape: [rows], dtype: "int32", values: { below: 7 } },
      { shape: [rows], values: "positive" },
    ],
    attributes: { chunk },
  }) as const;

export const linearCrossEntropy = definePrimitive<{ chunk: number; frozen?: boolean }>("linearCrossEntropy", {
  infer: ([states, table, targets, weights], { frozen = false }) => {
    requireKind("linearCrossEntropy", "float", states, table, weights);
    requireKind("linearCrossEntropy", "index", targets);
    const rows = states.shape.slice(0, 1);
    const fits =
      states.rank === 2 &&
      sameShape(states.shape.slice(1), table.shape.slice(1)) &&
      sameShape(targets.shape, rows) &&
      sameShape(weights.shape, rows);
    if (!fits) {
      throw new ShapeError(
        `linearCrossEntropy: expected states [P, D], a table [N, D], targets [P] and weights [P], ` +
          `got ${states.label}, ${table.label}, ${targets.label} and ${weights.label}.`,
      );
    }
    const { dtype } = states;
    const outputs = [
      { shape: [], dtype },
      { shape: states.shape, dtype }, // w_p Σ_n π_pn E_n
      { shape: table.shape, dtype }, // Σ_p w_p π_pn s_p, where the table learns
    ];
    return frozen ? outputs.slice(0, 2) : outputs;
  },
  vjp: (gradient, [states, table, targets, weights], { outputs: [, expectedRows, expectedStates] }) => {
    const weight = weights.mul(gradient).unsqueeze(-1); // [P, 1]
    const toStates = expectedRows.mul(gradient).sub(table.gather(targets).mul(weight));
    const toTable = expectedStates?.mul(gradient).scatterAdd(targets, states.mul(weight).neg()) ?? null;
    return [toStates, toTable, null, null];
  },
  onnx: (emit, names, { inputs, attributes: { chunk, frozen = false } }) => {
    const [rows, width] = concreteShape("linearCrossEntropy", inputs[0]);
    const { dtype } = inputs[0];
    const count = Math.max(1, Math.ceil(rows / chunk));
    const size = Math.min(chunk, rows);
    // Rows that fill the last chunk weigh nothing.
    const chunked = (at: number, shape: readonly number[]): Formed => {
      const padded = paddedTo(emit, names[at], inputs[at], count * size - rows);
      const name = emit.node("Reshape", [padded, emit.ints([count, size, ...shape])]);
      return { name, shape: [count, size, ...shape], dtype: inputs[at].dtype };
    };
    const table = names[1];
    const gathers = frozen ? [] : [emitZeros(emit, inputs[1].shape, dtype)];
    const formed = emitScan(emit, {
      carried: [emitZeros(emit, [], dtype), ...gathers],
      sequences: [chunked(0, [width]), chunked(2, []), chunked(3, [])],
      outputs: [{ shape: [size, width], dtype }],
      step: ([sum, ...gathered], [states, targets, weights]) => {
        const column = (name: string) => emit.node("Unsqueeze", [name, emit.ints([-1])]);
        const highest = (name: string) =>
          emit.node("ReduceMax", [name, emit.ints([-1])], { attributes: { keepdims: 1 } });
        const weight = column(weights);
        const logits = emit.node("Gemm", [states, table], { attributes: { transB: 1 } }); // [chunk, N]
        const shares = emit.node("Softmax", [logits], { attributes: { axis: -1 } });
        const logTotal = emit.node("Sub", [highest(logits), emit.node("Log", [highest(shares)])]);
        const wanted = emit.node("GatherElements", [logits, column(targets)], { attributes: { axis: -1 } });
        const losses = emit.node("Mul", [weight, emit.node("Sub", [logTotal, wanted])]);
        const more = emit.node("ReduceSum", [losses], { attributes: { keepdims: 0 } });
        const weighted = emit.node("Mul", [states, weight]);
        return [
          emit.node("Add", [sum, more]),
          ...gathered.map((so) => emit.node("Gemm", [shares, weighted, so], { attributes: { transA: 1 } })),
          emit.node("Mul", [emit.node("MatMul", [shares, table]), weight]),
        ];
      },
    });
    const [total, expectedRows] = [formed[0], formed[formed.length - 1]];
    const flat = emit.node("Reshape", [expectedRows, emit.ints([count * size, width])]);
    const toRows = emit.node("Slice", [flat, emit.ints([0]), emit.ints([rows]), emit.ints([0])]);
    return frozen ? [total, toRows] : [total, toRows, formed[1]];
  },
  examples: [example(5, 2), example(4, 4), example(3, 8)],
});

function paddedTo(emit: Emitter, name: string, { rank, dtype }: Tensor, missing: number): string {
  if (missing === 0) return name;
  const after = Array.from({ length: rank }, (_, axis) => (axis === 0 ? missing : 0));
  return emit.node("Pad", [name, emit.ints([...after.map(() => 0), ...after]), emit.scalar(0, dtype)]);
}

method(
  "linearCrossEntropy",
  function (this: Tensor, table: Tensor, targets: Tensor, weights: Tensor, chunk: number, frozen = false) {
    return linearCrossEntropy.apply([this, table, targets, weights], frozen ? { chunk, frozen } : { chunk });
  },
);
