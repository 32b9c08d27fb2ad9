import { expect, test } from "vitest";
import { bool, float32 } from "#tensor";
import { computed } from "../../../test/suites/computed.ts";
import { bce } from "./index.ts";

const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));

test("it is -log σ(p) - log(1 - σ(n)), averaged over the positions that count", async () => {
  const [positive, negative, kept] = [
    [2, -1, 0.5, 3],
    [-1, 1.5, 0, 9],
    [1, 1, 0, 1],
  ];
  let [sum, count] = [0, 0];
  positive.forEach((p, at) => {
    if (kept[at] === 0) return;
    sum += -Math.log(sigmoid(p)) - Math.log(1 - sigmoid(negative[at]));
    count++;
  });
  const inputs = { p: float32(positive, [2, 2]), n: float32(negative, [2, 2]), mask: bool(kept, [2, 2]) };
  const loss = await computed(({ p, n, mask }) => bce(p, n, mask), { inputs });
  expect(loss.shape).toEqual([]);
  expect(loss.data[0]).toBeCloseTo(sum / count, 5);
});

test("scores that know nothing cost 2 log 2, and extreme ones stay finite", async () => {
  const at = async (p: number, n: number) =>
    Number((await computed((x) => bce(x.p, x.n), { inputs: { p: float32([p], [1]), n: float32([n], [1]) } })).data[0]);
  expect(await at(0, 0)).toBeCloseTo(2 * Math.LN2, 6);
  expect(await at(200, -200)).toBe(0);
  expect(await at(-200, 200)).toBeCloseTo(400, 3);
});
