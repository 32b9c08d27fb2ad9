import { expect, test } from "vitest";
import { bool, float32, int32 } from "#tensor";
import { computed } from "../../../test/suites/computed.ts";
import { crossEntropy } from "./index.ts";

const logits = [
  [1, 2, 0.5],
  [-1, 0, 3],
  [4, 4, 4],
  [0, 1, 2],
];
const targets = [1, 0, 2, 2];
const inputs = { logits: float32(logits.flat(), [2, 2, 3]), targets: int32(targets, [2, 2]) };

const costs = logits.map((row, at) => Math.log(row.reduce((sum, s) => sum + Math.exp(s), 0)) - row[targets[at]]);

test("it is log Σ exp s - s of the target, averaged", async () => {
  const loss = await computed((x) => crossEntropy(x.logits, x.targets), { inputs });
  expect(loss.shape).toEqual([]);
  expect(loss.data[0]).toBeCloseTo(costs.reduce((sum, cost) => sum + cost, 0) / 4, 6);
  expect(costs[2]).toBeCloseTo(Math.log(3), 12); // equal scores of three classes
});

test("a mask chooses positions and weights weigh them", async () => {
  const masked = { ...inputs, mask: bool([1, 0, 0, 1], [2, 2]) };
  const kept = await computed((x) => crossEntropy(x.logits, x.targets, x.mask), { inputs: masked });
  expect(kept.data[0]).toBeCloseTo((costs[0] + costs[3]) / 2, 6);
  const weighted = { ...inputs, mask: float32([0.5, 2, 0, 1], [2, 2]) };
  const weighed = await computed((x) => crossEntropy(x.logits, x.targets, x.mask), { inputs: weighted });
  expect(weighed.data[0]).toBeCloseTo((0.5 * costs[0] + 2 * costs[1] + costs[3]) / 3.5, 6);
});
