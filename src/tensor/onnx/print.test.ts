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
