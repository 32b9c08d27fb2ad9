import { expect, test } from "vitest";
import { bool, float32 } from "#tensor";
import { computed } from "../../../test/suites/computed.ts";
import { bpr } from "./index.ts";

test("it is -log σ(p - n), averaged over the positions that count", async () => {
  const [positive, negative, kept] = [
    [2, -1, 0.5, 3],
    [-1, 1.5, 0, 9],
    [1, 1, 0, 1],
  ];
  let [sum, count] = [0, 0];
  positive.forEach((p, at) => {
    if (kept[at] === 0) return;
    sum += -Math.log(1 / (1 + Math.exp(negative[at] - p)));
    count++;
  });
  const inputs = { p: float32(positive, [2, 2]), n: float32(negative, [2, 2]), mask: bool(kept, [2, 2]) };
  const loss = await computed(({ p, n, mask }) => bpr(p, n, mask), { inputs });
  expect(loss.shape).toEqual([]);
  expect(loss.data[0]).toBeCloseTo(sum / count, 5);
});

test("equal scores cost log 2, and differences of thousands stay finite", async () => {
  const at = async (p: number, n: number) =>
    Number((await computed((x) => bpr(x.p, x.n), { inputs: { p: float32([p], [1]), n: float32([n], [1]) } })).data[0]);
  expect(await at(7, 7)).toBeCloseTo(Math.LN2, 6);
  expect(await at(3000, -3000)).toBe(0);
  expect(await at(-3000, 3000)).toBe(6000);
});
