import { expect, test } from "vitest";
import { compile } from "../compile.ts";
import { float32, int32 } from "../dtype.ts";
import { gradients } from "../gradients.ts";
import "../primitives/index.ts";
import { constant, drawn, parameter } from "../tensor.ts";

const runtime = { device: "cpu", threads: 1 } as const;

test("a graph prints as text: inputs with their axes, constants, one node a line, outputs", () => {
  const table = parameter("item.weight", [5, 2]);
  const keep = drawn(["B", 2], "bool", { label: "bernoulli(0.8) dropout", fill: () => undefined });
  const compiled = compile(
    "score",
    ({ last }) => {
      const query = table.gather(last).where(keep, 0).mul(1.25);
      const scores = query.matmul(table, { transposeB: true }).add(constant(float32([0, 1, 1, 1, 1], [5])));
      return { scores, best: scores.topK(2)[1] };
    },
    { runtime, axes: { last: ["B"] } },
  );
  expect(compiled.print({ last: int32([1, 2], [2]) })).toMatchInlineSnapshot(`
    "graph score
      in ~0 bernoulli(0.8) dropout: bool [B, 2]
      in item.weight: float32 [5, 2]
      in last: int32 [B]
      constant constant2: float32 [5]
      %0 = Gather(item.weight, last) axis=0
      %1 = Where(~0 bernoulli(0.8) dropout, %0, 0:float32)
      %2 = Mul(%1, 1.25:float32)
      %3 = Gemm(%2, item.weight) transA=0 transB=1 alpha=1
      %4 = Add(%3, constant2)
      >scores = Identity(%4)
      %6, %6.1 = TopK(%4, [2]) axis=1 largest=1 sorted=1
      %7 = Cast(%6.1) to=6
      >best = Identity(%7)
      out >scores: float32 [B, 5]
      out >best: int32 [B, 2]
    "
  `);
});

test("a training step prints with its gradient; what is equal is written once", () => {
  const weight = parameter("w", [3]);
  const compiled = compile(
    "step",
    ({ x }) => {
      const loss = x.mul(weight).sigmoid().sub(x.mul(weight).sigmoid().stopGradient()).sum();
      const [slope] = gradients(loss, [weight]);
      return { loss, w: weight.sub(slope.mul(0.1)) };
    },
    { runtime },
  );
  expect(compiled.print({ x: float32([1, 2, 3], [3]) })).toMatchInlineSnapshot(`
    "graph step
      in x: float32 [3]
      in w: float32 [3]
      %0 = Mul(x, w)
      %1 = Sigmoid(%0)
      %2 = Sub(%1, %1)
      %3 = ReduceSum(%2, [0]) keepdims=0
      >loss = Identity(%3)
      %5 = Reshape(1:float32, [1]) allowzero=1
      %6 = Expand(%5, [3])
      %7 = Mul(%1, %1)
      %8 = Sub(%1, %7)
      %9 = Mul(%6, %8)
      %10 = Mul(%9, x)
      %11 = Mul(%10, 0.1:float32)
      %12 = Sub(w, %11)
      >w = Identity(%12)
      out >loss: float32 []
      out >w: float32 [3]
    "
  `);
});

test("a node that runs a graph of its own prints it below, one step deeper", () => {
  const compiled = compile("recurrence", ({ x, weight, bias }) => ({ states: x.gru(weight, bias) }), {
    runtime,
    axes: { x: ["T", "B", null], weight: [null, null], bias: [null] },
  });
  const zeros = (...shape: number[]) => float32(new Float32Array(shape.reduce((a, b) => a * b)), shape);
  expect(compiled.print({ x: zeros(4, 2, 3), weight: zeros(3, 1), bias: zeros(3) })).toMatchInlineSnapshot(`
    "graph recurrence
      in x: float32 [T, B, 3]
      in weight: float32 [3, 1]
      in bias: float32 [3]
      %0, %0.1 = Split(x, [2,1]) axis=2
      %1, %1.1 = Split(weight, [2,1]) axis=0
      %2, %2.1 = Split(bias, [2,1]) axis=0
      %3 = Shape(x) start=1 end=2
      %4 = Concat(%3, [1]) axis=0
      %5 = Expand(0:float32, %4)
      %6 = Add(%0, %2)
      %7, %7.1, %7.2, %7.3, %7.4 = Scan(%5, %6, %0.1) num_scan_inputs=2 scan_input_directions=[0,0] scan_output_directions=[0,0,0,0] body=↓
        graph body 7
          in %7<0: float32 [B, 1]
          in %7<1: float32 [B, 2]
          in %7<2: float32 [B, 1]
          %7/0 = Gemm(%7<0, %1, %7<1) transB=1
          %7/1 = Sigmoid(%7/0)
          %7/2, %7/2.1 = Split(%7/1) axis=1 num_outputs=2
          %7/3 = Gemm(%7<0, %1.1, %2.1) transB=1
          %7/4 = Mul(%7/2, %7/3)
          %7/5 = Add(%7<2, %7/4)
          %7/6 = Tanh(%7/5)
          %7/7 = Sub(%7<0, %7/6)
          %7/8 = Mul(%7/2.1, %7/7)
          %7/9 = Add(%7/6, %7/8)
          %7/10 = Identity(%7/9)
          out %7/9: float32 [B, 1]
          out %7/10: float32 [B, 1]
          out %7/1: float32 [B, 2]
          out %7/6: float32 [B, 1]
          out %7/3: float32 [B, 1]
      >states = Identity(%7.1)
      out >states: float32 [T, B, 1]
    "
  `);
});
