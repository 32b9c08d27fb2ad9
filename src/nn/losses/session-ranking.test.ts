import { expect, test } from "vitest";
import { bool, float32, input, int32, type Tensor } from "#tensor";
import { computed } from "../../../test/suites/computed.ts";
import { normals } from "../../../test/suites/examples.ts";
import { bprMax, type Ranked, top1 } from "./index.ts";

const TARGETS = [3, 1, 4, 1];
const SHARED = [1, 5, 3];
const KEPT = [1, 1, 0, 1];
const inputs = {
  positive: normals([2, 2], "positive"),
  negatives: normals([2, 2, 3], "negatives"),
  targets: int32(TARGETS, [2, 2]),
  sampled: int32(SHARED, [3]),
  mask: bool(KEPT, [2, 2]),
};
const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));

/** The mean over kept positions of what a right score and the samples that are not the target cost. */
function twin(cost: (p: number, others: readonly number[]) => number): number {
  const costs = TARGETS.map((target, at) => {
    const others = SHARED.flatMap((item, k) => (item === target ? [] : [inputs.negatives.data[at * 3 + k]]));
    return cost(inputs.positive.data[at], others);
  });
  const kept = costs.filter((_, at) => KEPT[at] === 1);
  return kept.reduce((sum, each) => sum + each, 0) / kept.length;
}

type Named = Record<keyof typeof inputs, Tensor>;
const loss = async (trace: (x: Named) => Tensor, given: Partial<typeof inputs> = {}) =>
  // The traced inputs have the names of the arrays that are fed.
  Number((await computed((x) => trace(x as Named), { inputs: { ...inputs, ...given } })).data[0]);

test("top1: the mean of σ(n - p) + σ(n²) over samples that are not the target", async () => {
  const expected = twin(
    (p, others) => others.reduce((sum, n) => sum + sigmoid(n - p) + sigmoid(n * n), 0) / others.length,
  );
  expect(await loss((x) => top1(x, x.mask))).toBeCloseTo(expected, 5);
});

test("bprMax: -log of the softmax-weighted σ(p - n), and λ times the weighted squares", async () => {
  const expected = twin((p, others) => {
    const total = others.reduce((sum, n) => sum + Math.exp(n), 0);
    const weighted = (value: (n: number) => number) =>
      others.reduce((sum, n) => sum + (Math.exp(n) / total) * value(n), 0);
    return -Math.log(weighted((n) => sigmoid(p - n))) + 0.3 * weighted((n) => n * n);
  });
  expect(await loss((x) => bprMax(x, 0.3, x.mask))).toBeCloseTo(expected, 5);
});

test("scores of thousands neither overflow nor vanish", async () => {
  const positive = float32([-5000, 5000, 0, 0], [2, 2]);
  // Row 0 loses by 5,000 to the best of its samples, row 1 wins by far.
  const negatives = float32([0, -1, 9, 4000, 0, 0, 0, 0, 0, 0, 0, 0], [2, 2, 3]);
  const mask = bool([1, 0, 0, 0], [2, 2]);
  const targets = int32([7, 7, 7, 7], [2, 2]);
  const at = (given: Partial<typeof inputs>) => loss((x) => bprMax(x, 0, x.mask), { ...given, targets });
  expect((await at({ positive, negatives, mask })) / 5000).toBeCloseTo(1, 2);
  expect(await at({ positive, negatives, mask: bool([0, 1, 0, 0], [2, 2]) })).toBeCloseTo(0, 5);
});

test("a score matrix that has other rows than there are positive scores is named", () => {
  const scores: Ranked = {
    positive: input("positive", [4], "float32"),
    negatives: input("negatives", [3, 8], "float32"),
    targets: input("targets", [4], "int32"),
    sampled: input("sampled", [8], "int32"),
  };
  expect(() => top1(scores)).toThrowErrorMatchingInlineSnapshot(
    `[ShapeError: top1: expected one row of negative scores for each positive one, got input "positive" [4] and input "negatives" [3, 8].]`,
  );
  expect(() => bprMax(scores, 0)).toThrowErrorMatchingInlineSnapshot(
    `[ShapeError: bprMax: expected one row of negative scores for each positive one, got input "positive" [4] and input "negatives" [3, 8].]`,
  );
});
