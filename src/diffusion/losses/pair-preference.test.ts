import { expect, test } from "vitest";
import { bool, float32 } from "#tensor";
import { checkGradients } from "../../../test/suites/central-differences.ts";
import { computed } from "../../../test/suites/computed.ts";
import { pairPreference, squaredErrors } from "./pair-preference.ts";

const POSITIVE = [0.5, 2, 1];
const NEGATIVES = [
  [1.5, 0.25],
  [0.1, 4],
  [9, 9],
];
const KEPT = [1, 1, 0];
const inputs = {
  positive: float32(POSITIVE, [3]),
  negatives: float32(NEGATIVES.flat(), [3, 2]),
  mask: bool(KEPT, [3]),
};

test("each sample and each of its negatives is a pair of its own, averaged where the mask holds", async () => {
  let [sum, pairs] = [0, 0];
  NEGATIVES.forEach((row, sample) => {
    if (KEPT[sample] === 0) return;
    for (const error of row) {
      sum += -Math.log(1 / (1 + Math.exp(POSITIVE[sample] - error)));
      pairs++;
    }
  });
  const loss = await computed((x) => pairPreference(x.positive, x.negatives, x.mask), { inputs });
  expect(loss.shape).toEqual([]);
  expect(loss.data[0]).toBeCloseTo(sum / pairs, 6);
});

/** The σ of the mean difference, as the authors take it, would be -log σ(1.575 − 1.25) here. */
test("it is not the σ of a batch's mean errors", async () => {
  const loss = await computed((x) => pairPreference(x.positive, x.negatives), { inputs });
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const ofMeans = Math.log1p(Math.exp(mean(POSITIVE) - mean(NEGATIVES.flat())));
  expect(Math.abs(Number(loss.data[0]) - ofMeans)).toBeGreaterThan(0.2);
});

test("a wrong item said as well as the true one costs log 2, a worse said one less", async () => {
  const at = async (wrong: number) => {
    const given = { inputs: { p: float32([1], [1]), n: float32([wrong], [1, 1]) } };
    return Number((await computed((x) => pairPreference(x.p, x.n), given)).data[0]);
  };
  expect(await at(1)).toBeCloseTo(Math.LN2, 6);
  expect(await at(3)).toBeLessThan(await at(1));
  expect(await at(0)).toBeGreaterThan(await at(1));
});

test("the error of a sample is the mean of its squares: (1² + 2²) / 2 and (0² + 4²) / 2", async () => {
  const given = { said: float32([1, 2, 3, 4], [2, 2]), target: float32([0, 0, 3, 0], [2, 2]) };
  const { data } = await computed((x) => squaredErrors(x.said, x.target), { inputs: given });
  expect([...data]).toEqual([2.5, 8]);
});

test("its gradients are those of central differences", async () => {
  const said = float32([0.3, -1, 2, 0.5, 1, -0.7, 0.1, 0.9, -0.4, 1.2, 0.6, -1.1], [2, 3, 2]); // true, then two wrong
  const report = await checkGradients({
    name: "pairPreference",
    trace: (x) => {
      const errors = squaredErrors(x.said, x.target.unsqueeze(1)); // [2, 3]
      return pairPreference(errors.at(1, 0), errors.slice(1, 1, 3));
    },
    inputs: { said, target: float32([0.2, 0.4, -0.6, 1], [2, 2]) },
  });
  expect(report.error).toBeLessThan(1e-6);
  expect(report.error32).toBeLessThan(1e-5);
});
