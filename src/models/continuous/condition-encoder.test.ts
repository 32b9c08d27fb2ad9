import { expect, test } from "vitest";
import { Weights } from "#nn";
import { fillNormal, Key, TracedKey } from "#random";
import { float32 } from "#tensor";
import { checkGradients } from "../../../test/suites/central-differences.ts";
import { computed } from "../../../test/suites/computed.ts";
import { linear, normed } from "../../../test/suites/plain-layers.ts";
import { ConditionEncoder } from "./condition-encoder.ts";

const [B, P, W] = [2, 4, 3];
const weights = Weights.draw(Key.of(1));
const encoder = new ConditionEncoder(weights, { queries: P, width: W, dropout: 0.1 });
const data = new Float32Array(B * P * W);
fillNormal(Key.of(2), data);
const inputs = { states: float32(data, [B, P, W]) };

test("it is what plain loops say of the last place", async () => {
  const given = { inputs, parameters: weights.arrays };
  const read = await computed((x) => encoder.forward(x.states), given);
  const at = weights.arrays;
  const positions = at.positions.data;
  for (let b = 0; b < B; b++) {
    const x = Array.from({ length: P }, (_, p) => {
      const sum = Array.from({ length: W }, (__, k) => data[(b * P + p) * W + k] + Number(positions[p * W + k]));
      return normed(sum, at, "entryNorm");
    });
    const asked = linear(at, "query", normed(x[P - 1], at, "queryNorm"));
    const scores = x.map((row) => {
      return linear(at, "key", row).reduce((sum, value, k) => sum + value * asked[k], 0) / Math.sqrt(W);
    });
    const total = scores.reduce((sum, score) => sum + Math.exp(score), 0);
    const attended = Array.from({ length: W }, (_, k) =>
      x.reduce((sum, row, p) => sum + (Math.exp(scores[p]) / total) * linear(at, "value", row)[k], 0),
    );
    const h = normed(
      attended.map((value, k) => value + x[P - 1][k]),
      at,
      "attendedNorm",
    );
    const inner = linear(at, "up", h).map((value) => Math.max(0, value));
    const out = normed(
      linear(at, "down", inner).map((value, k) => value + h[k]),
      at,
      "outputNorm",
    );
    out.forEach((value, k) => {
      expect(read.data[b * W + k]).toBeCloseTo(value, 4);
    });
  }
});

test("its gradients are those of central differences", async () => {
  const report = await checkGradients({
    name: "ConditionEncoder",
    trace: (x) => encoder.forward(x.states, TracedKey.root()),
    inputs,
    parameters: weights.arrays,
    leaves: Object.values(weights.parameters),
    key: Key.of(4),
  });
  expect(report.error, report.worstAt).toBeLessThan(1e-6);
  expect(report.error32).toBeLessThan(1e-5);
});
