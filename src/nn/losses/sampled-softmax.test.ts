import { expect, test } from "vitest";
import { fillNormal, Key, Stream } from "#random";
import { bool, constant, float32, input, int32, type Tensor } from "#tensor";
import { computed } from "../../../test/suites/computed.ts";
import { sampledSoftmax } from "./index.ts";

const normals = (name: string, shape: readonly number[]) => {
  const data = new Float32Array(shape.reduce((size, dim) => size * dim, 1));
  fillNormal(Key.of(1).fold(name), data);
  return float32(data, shape);
};

const TARGETS = [3, 1, 4, 1];
const SHARED = [1, 5, 3];
const inputs = {
  positive: normals("positive", [2, 2]),
  negatives: normals("negatives", [2, 2, 3]),
  targets: int32(TARGETS, [2, 2]),
  sampled: int32(SHARED, [3]),
  logQ: float32([-1, -2, -0.5], [3]),
  mask: bool([1, 1, 0, 1], [2, 2]),
};

/** log(exp p + Σ_j exp(n_j - log(K q_j))) - p over samples j that are not the target, averaged over the mask. */
function twin(sampledOf: (position: number) => readonly number[], correctionOf: (sample: number) => number): number {
  let [sum, count] = [0, 0];
  TARGETS.forEach((target, position) => {
    if (inputs.mask.data[position] === 0) return;
    const p = inputs.positive.data[position];
    let total = Math.exp(p);
    sampledOf(position).forEach((item, sample) => {
      if (item !== target) total += Math.exp(inputs.negatives.data[position * 3 + sample] - correctionOf(sample));
    });
    sum += Math.log(total) - p;
    count++;
  });
  return sum / count;
}

type Named = Record<"positive" | "negatives" | "targets" | "sampled" | "logQ" | "mask", Tensor>;
const loss = async (trace: (x: Named) => Tensor, given: Partial<typeof inputs> = {}) =>
  // The traced inputs have the names of the arrays that are fed.
  Number((await computed((x) => trace(x as Named), { inputs: { ...inputs, ...given } })).data[0]);

test("samples that all positions share, corrected for their probabilities, without the target among them", async () => {
  const expected = twin(
    () => SHARED,
    (sample) => inputs.logQ.data[sample] + Math.log(3),
  );
  expect(await loss((x) => sampledSoftmax(x, x.mask))).toBeCloseTo(expected, 5);
});

test("samples of each position, a probability that is the same for all, and no correction at all", async () => {
  const own = [1, 2, 3, 1, 1, 9, 4, 4, 4, 7, 8, 1];
  const sampledOf = (position: number) => own.slice(position * 3, position * 3 + 3);
  const sampled = int32(own, [2, 2, 3]);
  const uniform = await loss((x) => sampledSoftmax({ ...x, logQ: -Math.log(10) }, x.mask), { sampled });
  expect(uniform).toBeCloseTo(
    twin(sampledOf, () => Math.log(3 / 10)),
    5,
  );
  const plain = await loss((x) => sampledSoftmax({ ...x, logQ: undefined }, x.mask), { sampled });
  expect(plain).toBeCloseTo(
    twin(sampledOf, () => 0),
    5,
  );
});

test("a position whose samples are all its target costs nothing", async () => {
  const cost = await loss((x) => sampledSoftmax({ ...x, sampled: x.targets.unsqueeze(-1).expand([2, 2, 3]) }));
  expect(cost).toBe(0);
});

test("scores of thousands neither overflow nor vanish", async () => {
  const given = { positive: float32([5000, -5000], [2]), negatives: float32([4000, 3000, -4000, -3000], [2, 2]) };
  const rest = { targets: int32([1, 1], [2]), sampled: int32([2, 3], [2]) };
  const trace = (x: Readonly<Record<string, Tensor>>) =>
    sampledSoftmax({ positive: x.positive, negatives: x.negatives, targets: x.targets, sampled: x.sampled });
  // The first row costs 0, the second log(exp(-3000)) + 5000 = 2000.
  expect((await computed(trace, { inputs: { ...given, ...rest } })).data[0]).toBeCloseTo(1000, 3);
});

test("the correction makes the sampled partition that of the full softmax, on average", async () => {
  // A catalogue of 50 items with given scores, 20 rows of 4,000 samples drawn from a q that is far from uniform.
  const [items, rows, samples, target] = [50, 20, 4000, 7];
  const scores = Float64Array.from({ length: items }, (_, item) => Math.sin(item));
  const weights = Array.from({ length: items }, (_, item) => 1 + (item % 5));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const stream = new Stream(Key.of(4));
  const draw = () => {
    const place = stream.uniform() * total;
    let passed = 0;
    return weights.findIndex((weight) => {
      passed += weight;
      return passed > place;
    });
  };
  const drawn = Int32Array.from({ length: rows * samples }, draw);
  const trace = (x: Readonly<Record<string, Tensor>>) =>
    sampledSoftmax({
      positive: constant(float32(new Float32Array(rows).fill(scores[target]), [rows])),
      negatives: constant(
        float32(
          Float32Array.from(drawn, (item) => scores[item]),
          [rows, samples],
        ),
      ),
      targets: constant(int32(new Int32Array(rows).fill(target), [rows])),
      sampled: x.drawn,
      logQ: constant(
        float32(
          Float32Array.from(drawn, (item) => Math.log(weights[item] / total)),
          [rows, samples],
        ),
      ),
    });
  const sampledLoss = Number((await computed(trace, { inputs: { drawn: int32(drawn, [rows, samples]) } })).data[0]);
  const full = Math.log(scores.reduce((sum, score) => sum + Math.exp(score), 0)) - scores[target];
  // One row's partition has a relative deviation of about 1 / √4000; the mean of 20 a fifth of that: four of them.
  expect(Math.abs(sampledLoss - full)).toBeLessThan(4 * Math.sqrt(1 / (samples * rows)));
});

test("a score matrix that has other rows than there are positive scores is named", () => {
  const traced = () =>
    sampledSoftmax({
      positive: input("positive", [4], "float32"),
      negatives: input("negatives", [3, 8], "float32"),
      targets: input("targets", [4], "int32"),
      sampled: input("sampled", [8], "int32"),
    });
  expect(traced).toThrowErrorMatchingInlineSnapshot(
    `[ShapeError: sampledSoftmax: expected one row of negative scores for each positive one, got input "positive" [4] and input "negatives" [3, 8].]`,
  );
});
