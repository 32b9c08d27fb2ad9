import { expect, test } from "vitest";
import { Key, Stream } from "#random";
import { bool, compile, float32, gradients, input, int32, type Tensor } from "#tensor";
import { numbers, worstDifference } from "../../../test/suites/central-differences.ts";
import { computed } from "../../../test/suites/computed.ts";
import { normals } from "../../../test/suites/examples.ts";
import { chunkedCrossEntropy, crossEntropy } from "./index.ts";

type Named = Readonly<Record<string, Tensor>>;

/** Three rows of ten positions, a catalogue of 23. */
const [B, T, D, N] = [3, 10, 4, 23];
const stream = new Stream(Key.of(5));
const inputs = {
  states: normals([B, T, D], "states"),
  table: normals([N, D], "table"),
  targets: int32(
    Int32Array.from({ length: B * T }, () => stream.below(N)),
    [B, T],
  ),
  mask: bool(
    Array.from({ length: B * T }, () => stream.below(2)),
    [B, T],
  ),
  weights: float32(
    Array.from({ length: B * T }, () => stream.uniform()),
    [B, T],
  ),
};

async function withGradients(trace: (x: Named) => Tensor, threads: number): Promise<number[]> {
  const step = compile(
    "loss",
    (x: Named) => {
      const loss = trace(x);
      const [states, table] = gradients(loss, [x.states, x.table]);
      return { loss, states, table };
    },
    { runtime: { device: "cpu", threads } },
  );
  const { loss, states, table } = await step.run(inputs);
  await step[Symbol.asyncDispose]();
  return [loss, states, table].flatMap(numbers);
}

const plain = (x: Named, mask?: Tensor) =>
  crossEntropy(
    x.states
      .reshape([B * T, D])
      .matmul(x.table, { transposeB: true })
      .reshape([B, T, N]),
    x.targets,
    mask,
  );

test.each([1, 2])("loss and gradients are plain cross-entropy's whatever the chunk, at %d threads", async (threads) => {
  for (const beside of ["mask", "weights", undefined] as const) {
    const expected = await withGradients((x) => plain(x, beside && x[beside]), threads);
    for (const chunk of [1, 7, 10, 30, 1000]) {
      const chunked = (x: Named) =>
        chunkedCrossEntropy(x.states, x.table, x.targets, { mask: beside && x[beside], chunk });
      const actual = await withGradients(chunked, threads);
      expect(worstDifference(actual, expected), `${beside}, chunks of ${chunk}`).toBeLessThan(2e-6);
    }
  }
});

test("a mask that holds nowhere costs 0, and scores of thousands stay finite", async () => {
  const none = { ...inputs, mask: bool(new Array<number>(B * T).fill(0), [B, T]) };
  const loss = (x: Named) => chunkedCrossEntropy(x.states, x.table, x.targets, { mask: x.mask, chunk: 4 });
  expect((await computed(loss, { inputs: none })).data[0]).toBe(0);
  // ⟨s, E⟩ is 4000 for row 0 and 0 for row 1: the first position costs 0, the second 4000.
  const far = { states: float32([2000, 2000], [2, 1]), table: float32([2, 0], [2, 1]), targets: int32([0, 1], [2]) };
  const mean = await computed((x) => chunkedCrossEntropy(x.states, x.table, x.targets, { chunk: 1 }), { inputs: far });
  expect(mean.data[0]).toBe(2000);
});

test("no value of the graph has more logits than a chunk", () => {
  const chunk = 8;
  const step = compile(
    "step",
    (x: Named) => {
      const loss = chunkedCrossEntropy(x.states, x.table, x.targets, { chunk });
      const [states, table] = gradients(loss, [x.states, x.table]);
      return { loss, states, table };
    },
    { runtime: { device: "cpu", threads: 1 } },
  );
  const { states, table, targets } = inputs;
  const graph = step.print({ states, table, targets });
  // The table's product stands once, inside Scan's body, whose states are [8, 4].
  const products = graph.split("\n").filter((line) => line.includes("Gemm(") && line.includes("transB=1"));
  expect(products).toHaveLength(1);
  expect(products[0].startsWith("      ")).toBe(true);
  expect(graph).toContain("float32 [8, 4]");
});

test("targets of another shape are named", () => {
  expect(() =>
    chunkedCrossEntropy(
      input("states", [2, 5, 4], "float32"),
      input("table", [9, 4], "float32"),
      input("targets", [10], "int32"),
    ),
  ).toThrowErrorMatchingInlineSnapshot(
    `[ShapeError: chunkedCrossEntropy: expected targets and mask of shape [2, 5], as the states have positions, got input "targets" [10].]`,
  );
});
