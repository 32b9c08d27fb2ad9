import { expect, test } from "vitest";
import type { ItemSpace } from "./item-space.ts";
import { scoring } from "./scoring.ts";

const space: ItemSpace = {
  dim: 2,
  items: Float32Array.of(0, 0, 3, 4, 0, 2, 0, 0),
  parts: Float32Array.of(0, 0, 1, 1, 0, 2, 0, 0),
  average: Float32Array.of(1, 0),
  mean: new Float32Array(2),
  deviation: new Float32Array(2),
};
const history = Int32Array.of(1, 2);
const dot = (a: Float32Array, b: ArrayLike<number>) => a[0] * b[0] + a[1] * b[1];

test("inner products are trained by bpr, and by softmax without a temperature", () => {
  for (const trained of [
    { loss: "bpr", temperature: 0.5 },
    { loss: "sampled-softmax", temperature: 0 },
  ] as const) {
    const { items, vectorOf } = scoring(space, { ...trained, decay: 1 });
    expect(items.data).toBe(space.items);
    expect(dot(vectorOf(history), items.data.subarray(2, 4))).toBeCloseTo((1 * 3 + 3 * 4) / Math.sqrt(2), 5);
  }
});

test("with a temperature scores are cosines over it, and zeros stay zeros", () => {
  const { items, vectorOf } = scoring(space, { loss: "sampled-softmax", temperature: 0.5, decay: 1 });
  const user = vectorOf(history); // along (1, 3)
  expect(dot(user, items.data.subarray(2, 4))).toBeCloseTo((1 * 3 + 3 * 4) / (Math.sqrt(10) * 5) / 0.5, 5);
  expect(dot(user, items.data.subarray(4, 6))).toBeCloseTo(3 / Math.sqrt(10) / 0.5, 5);
  expect([...items.data.subarray(6)]).toEqual([0, 0]);
});

test("what is exported says in words what is computed", () => {
  const exported = scoring(space, { loss: "sampled-softmax", temperature: 0.5, decay: 0.8 }).export();
  expect(Object.keys(exported.arrays)).toEqual(["items", "parts", "average"]);
  expect(exported.formula.join("\n")).toMatchInlineSnapshot(`
    "items [N + 1, D] and parts [N + 1, D] by item index, row 0 padding; average [D]
    user = Σ_i w_i parts[i] / √(Σ_i w_i) over the distinct items of a history, w_i = 0.8^(distinct items after i); average where that is 0
    score = items · user / |user| / 0.5"
  `);
});
