import { expect, test } from "vitest";
import { checkGradients, numbers, worstDifference } from "../../../test/suites/central-differences.ts";
import { normals } from "../../../test/suites/examples.ts";
import { plainAnswer } from "../../../test/suites/plain-twins.ts";
import { compile } from "../compile.ts";
import "./index.ts";

const runtime = { device: "cpu", threads: 1 } as const;

// Which kernel runs (MatMul, Gemm, FusedMatMul) depends on ranks, transposes and scale: all meet here.
const LEADING: readonly (readonly [readonly number[], readonly number[]])[] = [
  [[], []],
  [[3], []],
  [[], [3]],
  [[3], [3]],
  [[1], [3]],
  [[2, 1], [3]],
  [
    [2, 3],
    [2, 3],
  ],
];
const CASES = LEADING.flatMap(([a, b]) =>
  [false, true].flatMap((transposeA) =>
    [false, true].flatMap((transposeB) => [1, 0.3].map((scale) => ({ a, b, transposeA, transposeB, scale }))),
  ),
);

test.each(CASES)("[$a] x [$b], transposed $transposeA and $transposeB, times $scale", async (product) => {
  const { transposeA, transposeB, scale } = product;
  const a = normals([...product.a, ...(transposeA ? [4, 2] : [2, 4])], "a");
  const b = normals([...product.b, ...(transposeB ? [5, 4] : [4, 5])], "b");
  const options = { transposeA, transposeB, scale };
  await using compiled = compile("product", ({ a, b }) => ({ y: a.matmul(b, options) }), { runtime });
  const { y } = await compiled.run({ a, b });
  const [expected] = plainAnswer("matmul", [a, b], options)!; // it has a twin
  expect(y.shape).toEqual(expected.shape);
  expect(worstDifference(numbers(y), expected.data)).toBeLessThan(1e-6);
  const report = await checkGradients({ name: "product", trace: ({ a, b }) => a.matmul(b, options), inputs: { a, b } });
  expect(report.error).toBeLessThan(1e-8);
  expect(report.error32).toBeLessThan(1e-6);
});
