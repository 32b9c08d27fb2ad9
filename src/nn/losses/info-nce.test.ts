import { expect, test } from "vitest";
import { input } from "#tensor";
import { computed } from "../../../test/suites/computed.ts";
import { normals } from "../../../test/suites/examples.ts";
import { infoNce } from "./index.ts";

const [B, D] = [4, 3];
const inputs = { a: normals([B, D], "anchors"), b: normals([B, D], "partners") };

/** Mean of -log softmax of each row (or column) of a bᵀ / τ at its own place. */
function twin(temperature: number, columns: boolean): number {
  const score = (i: number, j: number) => {
    let product = 0;
    for (let d = 0; d < D; d++) product += inputs.a.data[i * D + d] * inputs.b.data[j * D + d];
    return product / temperature;
  };
  let sum = 0;
  for (let i = 0; i < B; i++) {
    let total = 0;
    for (let j = 0; j < B; j++) total += Math.exp(columns ? score(j, i) : score(i, j));
    sum += Math.log(total) - score(i, i);
  }
  return sum / B;
}

test("each row finds its own partner among all", async () => {
  const { data } = await computed((x) => infoNce(x.a, x.b, { temperature: 0.5 }), { inputs });
  expect(data[0]).toBeCloseTo(twin(0.5, false), 5);
});

test("symmetric: half of what rows cost, half of what columns cost", async () => {
  const { data } = await computed((x) => infoNce(x.a, x.b, { temperature: 0.2, symmetric: true }), { inputs });
  expect(data[0]).toBeCloseTo((twin(0.2, false) + twin(0.2, true)) / 2, 5);
});

test("a low temperature neither overflows nor vanishes", async () => {
  const { data } = await computed((x) => infoNce(x.a, x.b, { temperature: 1e-4, symmetric: true }), { inputs });
  expect(Number.isFinite(data[0])).toBe(true);
});

test("partners of another number are named", () => {
  expect(() =>
    infoNce(input("anchors", [4, 3], "float32"), input("partners", [5, 3], "float32"), { temperature: 1 }),
  ).toThrowErrorMatchingInlineSnapshot(
    `[ShapeError: infoNce: expected anchors and partners of one shape [B, D], got input "anchors" [4, 3] and input "partners" [5, 3].]`,
  );
});
